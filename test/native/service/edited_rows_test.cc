// What one column that somebody edited does to the answers: no fault of ours, and the other rows are still there.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/database.h"
#include "support/room_support.h"

namespace strongroom {
namespace {

using test::json;
using test::kSettingsCaller;
using test::make_canary;
using test::Pending;
using test::secret_value;
using test::TestRoom;

/// As SQL: numbers at and beyond the edges, texts too long, too short, of another form and no UTF-8, other types.
constexpr std::array kValues = {
    "-1",
    "0",
    "2",
    "9223372036854775807",
    "-9223372036854775808",
    "9007199254740991",
    "9007199254740993",
    "253402300800000",
    "''",
    "'x'",
    "'X Y.Z'",
    "hex(zeroblob(6000))",
    "char(0)",
    "CAST(x'ff' AS TEXT)",
    "'__proto__'",
    "'{}'",
    "'[]'",
    R"('{"__proto__":1}')",
    R"('[["__proto__","x"]]')",
    R"('{"name":1e999}')",
    "x''",
    "x'00ff'",
    "zeroblob(32)",
    "NULL",
};

/// Members of a manifest, at which each of the texts below is put.
constexpr std::array kManifestMembers = {
    "$.id",
    "$.displayName",
    "$.description",
    "$.version",
    "$.icon",
    "$.documentationUrl",
    "$.auth",
    "$.auth.type",
    "$.auth.field",
    "$.auth.name",
    "$.auth.usernameField",
    "$.origins",
    "$.origins[0]",
    "$.test",
    "$.test.method",
    "$.test.path",
    "$.schema",
    "$.schema.type",
    "$.schema.title",
    "$.schema.properties.name",
    "$.schema.properties.name.title",
    "$.schema.properties.name.description",
    "$.schema.properties.name.format",
    "$.schema.properties.name.pattern",
    "$.schema.properties.name.examples",
    "$.schema.properties.name.enum",
    "$.schema.properties.name.default",
    "$.schema.properties.name.minLength",
    "$.schema.properties.name.multipleOf",
    "$.schema.properties.__proto__",
    "$.schema.required",
};
constexpr std::array kManifestTexts = {
    "''",           "'x'",
    "'X Y'",        "hex(zeroblob(6000))",
    "'/a b'",       "'http://a_b.example'",
    "'a.b'",        "-1",
    "1.5",          "9007199254740993",
    "1e308",        "json('null')",
    "json('[]')",   R"(json('[""]'))",
    "json('{}')",   R"(json('{"type":"string"}'))",
    "json('true')", R"(json('{"fromField":"name"}'))",
};

struct Question {
  std::string channel;
  Value payload;
  std::size_t items;  // when nothing was edited; 0 for what is no list
};

class EditedRowsTest : public testing::Test {
 protected:
  EditedRowsTest() : room_(options()) {
    room_.register_provider("acme.api", R"(,"version":"1","test":{"path":"/me"})");
    room_.register_provider("acme.other");
    for (int i = 0; i < 3; ++i) connections_.push_back(room_.connect(make_canary(), make_canary()));
    for (const char* name : {"A", "B", "C"}) {
      room_.must("secrets.create", Value(Value::Object{{"name", name},
                                                       {"kind", "api_key"},
                                                       {"value", secret_value(room_.heap(), make_canary())},
                                                       {"envKey", name},
                                                       {"metadata", json(R"({"a":"b"})")}}));
    }
    for (const char* field : {"token", "other"}) answer("acme.ext", field, "allow-always");
    answer("acme.ext", "token", "deny-always", Role::kTool);
    for (const char* principal : {"noisy.one", "noisy.two"}) {
      for (int i = 0; i < 3; ++i) answer(principal, "token", "deny");
    }
    answer("quiet.one", "token", "deny");
    DatabaseOptions database;
    database.path = room_.dir() + "/" + std::string(kDatabaseName);
    database_ = *Database::open(database);
    run("PRAGMA synchronous = OFF");
    run("PRAGMA foreign_keys = OFF");
    run("PRAGMA ignore_check_constraints = ON");
    for (const std::string& id : connections_) {
      run("INSERT INTO connection_tests VALUES ('" + id + "', 1, 1, 'worked', 5)");
      run("INSERT INTO connection_access VALUES ('" + id + "', 1)");
    }
    run("INSERT INTO secret_access SELECT id, 1 FROM secrets");

    for (const char* channel :
         {"audit.list", "secrets.list", "providers.list", "connections.list", "grants.list", "consent.silenced"}) {
      questions_.push_back({channel, json("{}"), 0});
    }
    questions_.push_back({"secrets.list", json(R"({"kind":"connection"})"), 0});
    for (Question& question : questions_) question.items = items(question).value_or(0);
    for (const char* channel : {"audit.verify", "audit.days", "status.get"}) {
      questions_.push_back({channel, json("{}"), 0});
    }
    for (const char* channel : {"connections.get", "connections.usage"}) {
      questions_.push_back({channel, Value(Value::Object{{"id", connections_[0]}}), 0});
    }
  }

  static StrongroomOptions options() {
    StrongroomOptions options;
    options.full_durability = false;
    return options;
  }

  void answer(const std::string& principal, const std::string& field, const std::string& decision,
              Role role = Role::kExtension) {
    const std::size_t before = room_.count("consent");
    const Pending pending =
        room_.start({role, principal}, "access.request",
                    Value(Value::Object{{"connectionId", connections_[0]}, {"field", field}, {"reason", "to test"}}));
    room_.wait([&] { return room_.count("consent") > before; });
    EXPECT_TRUE(room_
                    .call(kSettingsCaller, "consent.respond",
                          Value(Value::Object{{"id", *room_.last("consent").find("request")->find("id")},
                                              {"decision", decision}}))
                    .ok());
    EXPECT_EQ(pending.get().ok(), decision.starts_with("allow"));
  }

  void run(const std::string& sql) {
    const Status status = database_->execute(sql);
    ASSERT_TRUE(status.ok()) << status.message() << ": " << sql;
  }

  std::vector<std::string> select(const std::string& sql) {
    Statement rows = database_->prepare(sql);
    std::vector<std::string> texts;
    while (*rows.step()) texts.emplace_back(rows.text(0));
    return texts;
  }

  /// How many items a list has, if it is answered.
  std::optional<std::size_t> items(const Question& question) {
    const Result<Value> answer = room_.call(kSettingsCaller, question.channel, question.payload);
    if (!answer.ok()) return std::nullopt;
    return answer->find("items")->as_array().size();
  }

  /// Asks what reads `table`. A log that was edited is not intact.
  void check(const std::string& table, const std::string& edit) {
    SCOPED_TRACE(edit);
    const bool of_log = table.starts_with("audit");
    for (const Question& question : questions_) {
      if (question.channel.starts_with("audit") != of_log && question.channel != "connections.usage") continue;
      const Result<Value> answer = room_.call(kSettingsCaller, question.channel, question.payload);
      if (question.items > 0 || question.channel == "audit.verify") {
        ASSERT_TRUE(answer.ok()) << question.channel << ": " << answer.status().message();
      } else if (!answer.ok()) {
        EXPECT_NE(answer.status().code(), Code::kInternal) << question.channel << ": " << answer.status().message();
      }
      if (question.items > 0) {
        EXPECT_GE(answer->find("items")->as_array().size() + 1, question.items) << question.channel;
      }
      if (question.channel == "audit.verify") {
        EXPECT_FALSE(answer->find("ok")->as_bool());
      }
    }
  }

  /// Puts each value at each column of the first row of `table`, and asks; how often something was edited.
  std::size_t edit_each_column(const std::string& table) {
    std::size_t edits = 0;
    const std::string key =
        select("SELECT name FROM pragma_table_info('" + table + "') ORDER BY pk = 0, pk LIMIT 1")[0];
    const std::string row = " WHERE (" + key + ") = (SELECT " + key + " FROM " + table + " ORDER BY 1 LIMIT 1)";
    run("CREATE TEMP TABLE kept AS SELECT * FROM main." + table);
    const auto try_edit = [&](const std::string& set) {
      const std::string edit = "UPDATE " + table + " SET " + set + row;
      // What the column's type or an index refuses cannot have been edited.
      if (!database_->execute(edit).ok()) return;
      if (!select("SELECT 1 FROM (SELECT * FROM " + table + " EXCEPT SELECT * FROM kept)").empty()) {
        ++edits;
        check(table, edit);
      }
      run("BEGIN; DELETE FROM " + table + "; INSERT INTO " + table + " SELECT * FROM kept; COMMIT");
    };
    for (const std::string& column : select("SELECT name FROM pragma_table_info('" + table + "')")) {
      for (const char* value : kValues) try_edit(column + " = " + value);
    }
    if (table == "providers") {
      for (const char* member : kManifestMembers) {
        for (const char* text : kManifestTexts) {
          try_edit("manifest = json_set(manifest, '" + std::string(member) + "', " + text + ")");
        }
      }
    }
    run("DROP TABLE temp.kept");
    return edits;
  }

  TestRoom room_;
  std::vector<std::string> connections_;
  std::unique_ptr<Database> database_;
  std::vector<Question> questions_;
};

TEST_F(EditedRowsTest, NoColumnOfOneRowMakesAnAnswerAFaultOrHidesTheOthers) {
  std::size_t edits = 0;
  for (const std::string& table :
       select("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")) {
    edits += edit_each_column(table);
  }
  EXPECT_GT(edits, 1000U);
}

TEST_F(EditedRowsTest, NorDoesAKeySlotBeforeTheStoreIsUnlocked) {
  room_.restart();
  EXPECT_GT(edit_each_column("key_slots"), 10U);
}

TEST_F(EditedRowsTest, AnEntryOrCheckpointOfANumberThatNoneHasIsSaidToBeBad) {
  const std::size_t entries = *items(questions_[0]);
  for (const char* seq : {"-9223372036854775808", "-1", "0", "9007199254740992", "9223372036854775807"}) {
    run("INSERT INTO audit SELECT " + std::string(seq) +
        ", at, role, principal_id, action, connection_id, secret_id, field, reason, outcome, code, detail, prev_hash, "
        "hash FROM audit WHERE seq = 1");
    check("audit", std::string("entry ") + seq);
    const Value page = room_.must("audit.list", json("{}"));
    EXPECT_EQ(page.find("items")->as_array().size(), entries) << seq;
    ASSERT_NE(page.find("damaged"), nullptr) << seq;
    EXPECT_EQ(page.find("damaged")->as_number(), 1) << seq;
    run("DELETE FROM audit WHERE seq = " + std::string(seq));

    run("INSERT INTO audit_checkpoint VALUES (1, " + std::string(seq) + ", zeroblob(32), 1, 1, zeroblob(32))");
    check("audit_checkpoint", std::string("checkpoint ") + seq);
    run("DELETE FROM audit_checkpoint");
  }
}

}  // namespace
}  // namespace strongroom
