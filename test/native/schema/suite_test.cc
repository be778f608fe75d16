// The public JSON-Schema-Test-Suite (Debian package json-schema-test-suite), draft 7: every case is run under draft-07
// and again under 2020-12 wherever the schema means the same there. What is left out is listed here with its reason,
// must really fail, and shows in the table that native/schema/README.md publishes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "schema/schema.h"

namespace strongroom {
namespace {

namespace fs = std::filesystem;

struct Exclusion {
  const char* file;
  const char* group;  // its description; "" for every group of the file
  const char* test;   // its description; "" for every test of the group
  const char* reason;
};

constexpr Exclusion kExcluded[] = {
    {"definitions", "", "", "refers to the meta-schema: a remote $ref"},
    {"refRemote", "", "", "remote $ref"},
    {"ref", "remote ref, containing refs itself", "", "remote $ref"},
    {"ref", "Recursive references between schemas", "", "$id below the root"},
    {"ref", "escaped pointer ref", "", "refers into keywords nobody knows, which are refused"},
    {"optional/content", "validation of string-encoded content based on media type", "an invalid JSON document",
     "content* are annotations"},
    {"optional/content", "validation of binary string-encoding",
     "an invalid base64 string (% is not a valid character)", "content* are annotations"},
    {"optional/content", "validation of binary-encoded media type documents", "a validly-encoded invalid JSON document",
     "content* are annotations"},
    {"optional/content", "validation of binary-encoded media type documents",
     "an invalid base64 string that is valid JSON", "content* are annotations"},
    {"optional/format/idn-email", "", "", "a format outside the list"},
    {"optional/format/idn-hostname", "", "", "a format outside the list"},
};

/// Cases whose schema 2020-12 reads differently, although it is valid there.
constexpr Exclusion kOtherIn2020[] = {
    {"ref", "ref overrides any sibling keywords", "ref valid, maxItems ignored", "the neighbours of $ref apply"},
};

struct Row {
  int cases = 0;
  int passed = 0;
  int excluded = 0;
  int passed_2020 = 0;
};

std::string suite_folder() {
  const char* folder = std::getenv("STRONGROOM_JSON_SCHEMA_SUITE");
  return folder != nullptr ? folder : STRONGROOM_JSON_SCHEMA_SUITE;
}

std::string read_file(const fs::path& path) {
  const std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

template <class List>
bool listed(const List& list, const std::string& file, const std::string& group, const std::string& test) {
  return std::any_of(std::begin(list), std::end(list), [&](const Exclusion& one) {
    return one.file == file && (*one.group == '\0' || one.group == group) && (*one.test == '\0' || one.test == test);
  });
}

/// Whether the schema is spelled in a way that 2020-12 does not have.
bool only_draft7(const Status& status) {
  return std::all_of(status.issues().begin(), status.issues().end(), [](const Issue& issue) {
    return issue.code == "unknown_keyword" || (issue.code == "invalid_keyword" && issue.path.ends_with("/items"));
  });
}

class Suite : public testing::Test {
 protected:
  void run_file(const std::string& name, const fs::path& path) {
    auto groups = parse_json(read_file(path), {16U << 20, 200, 1U << 20});
    ASSERT_TRUE(groups.ok()) << path << ": " << groups.status().message();
    Row& row = rows_[name];
    for (const Value& group : groups->as_array()) run_group(name, group, row);
  }

  void run_group(const std::string& name, const Value& group, Row& row) {
    const std::string& title = group.find("description")->as_string();
    const Value& source = *group.find("schema");
    SchemaOptions draft7;
    draft7.dialect = SchemaDialect::kDraft7;
    const auto schema = Schema::compile(source, draft7);
    const auto schema_2020 = Schema::compile(source);
    for (const Value& test : group.find("tests")->as_array()) {
      const std::string& what = test.find("description")->as_string();
      const bool expected = test.find("valid")->as_bool();
      const bool excluded = listed(kExcluded, name, title, what);
      const Value* data = nullptr;
      for (const auto& [key, value] : test.as_object()) data = key == "data" ? &value : data;
      ASSERT_NE(data, nullptr);
      const bool passed = schema.ok() && schema->validate(*data) == expected;
      row.cases += 1;
      row.passed += passed ? 1 : 0;
      row.excluded += excluded ? 1 : 0;
      EXPECT_NE(passed, excluded) << name << ": " << title << ": " << what
                                  << (schema.ok() ? "" : ": " + schema.status().message());
      if (excluded) continue;
      const bool passed_2020 = schema_2020.ok() && schema_2020->validate(*data) == expected;
      row.passed_2020 += passed_2020 ? 1 : 0;
      if (schema_2020.ok()) {
        EXPECT_NE(passed_2020, listed(kOtherIn2020, name, title, what)) << name << ": " << title << ": " << what;
      } else {
        EXPECT_TRUE(only_draft7(schema_2020.status())) << name << ": " << schema_2020.status().message();
      }
    }
  }

  std::string table() const {
    std::ostringstream out;
    out << "| file | cases | passed | excluded | passed as 2020-12 |\n| --- | ---: | ---: | ---: | ---: |\n";
    Row total;
    const auto line = [&out](const std::string& name, const Row& row) {
      out << "| " << name << " | " << row.cases << " | " << row.passed << " | " << row.excluded << " | "
          << row.passed_2020 << " |\n";
    };
    for (const auto& [name, row] : rows_) {
      line(name, row);
      total.cases += row.cases;
      total.passed += row.passed;
      total.excluded += row.excluded;
      total.passed_2020 += row.passed_2020;
    }
    line("**all**", total);
    return out.str();
  }

  std::map<std::string, Row> rows_;
};

TEST_F(Suite, EveryCasePassesOrIsExcludedWithAReasonAndTheTableIsPublished) {
  const fs::path folder = fs::path(suite_folder()) / "tests" / "draft7";
  ASSERT_TRUE(fs::is_directory(folder)) << folder << ": install the Debian package json-schema-test-suite";
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    run_file(fs::relative(entry.path(), folder).replace_extension().generic_string(), entry.path());
  }
  int cases = 0;
  for (const auto& [name, row] : rows_) {
    EXPECT_GT(row.cases, 0) << name;
    EXPECT_EQ(row.passed + row.excluded, row.cases) << name;
    cases += row.cases;
  }
  EXPECT_GT(cases, 500) << "the suite is not where it should be";
  for (const Exclusion& one : kExcluded) EXPECT_EQ(rows_.count(one.file), 1U) << one.file;

  const std::string readme = read_file(fs::path(STRONGROOM_SOURCE_DIR) / "native/schema/README.md");
  EXPECT_NE(readme.find(table()), std::string::npos) << "native/schema/README.md should have this table:\n" << table();
  for (const Exclusion& one : kExcluded) {
    EXPECT_NE(readme.find(one.reason), std::string::npos) << "the README does not explain: " << one.reason;
  }
}

}  // namespace
}  // namespace strongroom
