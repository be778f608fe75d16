#include "access/handle_table.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

namespace strongroom {
namespace {

HandleBinding binding(const std::string& principal = "acme.ext", std::int64_t expires_at = 100) {
  HandleBinding bound;
  bound.principal = {"extension", principal};
  bound.connection_id = "con_1";
  bound.field = "token";
  bound.grant_id = "grt_1";
  bound.expires_at = expires_at;
  return bound;
}

Result<std::string> issue(HandleTable& table, HandleBinding bound, std::uint64_t epoch, std::int64_t now) {
  SR_ASSIGN_OR_RETURN(const std::shared_ptr<HandleTable::Reserved> reserved,
                      table.reserve(bound.principal, epoch, now));
  return table.issue(std::move(bound), *reserved);
}

TEST(HandleTable, AHandleIs256RandomBitsInBase64Url) {
  HandleTable table;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string handle = issue(table, binding(), table.epoch(), 0).value();
    EXPECT_EQ(handle.size(), 4U + 43U);
    EXPECT_TRUE(handle.starts_with("hdl_"));
    EXPECT_EQ(handle.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_TRUE(seen.insert(handle).second);
  }
}

TEST(HandleTable, AHandleEndsWithItsTime) {
  HandleTable table;
  const std::string handle = issue(table, binding(), table.epoch(), 0).value();
  EXPECT_TRUE(table.find(handle, 99));
  EXPECT_FALSE(table.find(handle, 100));
  EXPECT_FALSE(table.find(handle + "x", 0));
  EXPECT_FALSE(table.find("", 0));
}

TEST(HandleTable, WhatWasDecidedBeforeAClearGivesNoHandleAfterIt) {
  HandleTable table;
  const std::uint64_t epoch = table.epoch();
  const std::string handle = issue(table, binding(), epoch, 0).value();
  EXPECT_TRUE(table.clear().empty());  // it was not for a single use
  EXPECT_FALSE(table.find(handle, 0));
  EXPECT_EQ(issue(table, binding(), epoch, 0).status().code(), Code::kHandleInvalid);
  EXPECT_TRUE(issue(table, binding(), table.epoch(), 0).ok());
}

TEST(HandleTable, AClearNamesTheSingleGrantsThatLostTheirHandle) {
  HandleTable table;
  HandleBinding once = binding();
  once.once = true;
  once.grant_id = "grt_once";
  ASSERT_TRUE(issue(table, once, table.epoch(), 0).ok());
  ASSERT_TRUE(issue(table, binding(), table.epoch(), 0).ok());
  EXPECT_EQ(table.clear(), std::vector<std::string>{"grt_once"});
}

TEST(HandleTable, APrincipalThatGivesNothingBackIsRefusedAndTheOthersAreNot) {
  HandleTable table;
  for (std::size_t i = 0; i < kMaxHandlesOfPrincipal; ++i) {
    ASSERT_TRUE(issue(table, binding(), table.epoch(), 0).ok());
  }
  EXPECT_EQ(issue(table, binding(), table.epoch(), 0).status().code(), Code::kLimitExceeded);
  EXPECT_TRUE(issue(table, binding("other.ext"), table.epoch(), 0).ok());
  EXPECT_TRUE(issue(table, binding("acme.ext", 200), table.epoch(), 100).ok()) << "the first have had their time";
}

TEST(HandleTable, WhatIsReservedCountsUntilItIsGivenUp) {
  HandleTable table;
  const Principal principal = binding().principal;
  std::vector<std::shared_ptr<HandleTable::Reserved>> reserved;
  for (std::size_t i = 0; i < kMaxHandlesOfPrincipal; ++i) {
    reserved.push_back(table.reserve(principal, table.epoch(), 0).value());
  }
  EXPECT_EQ(table.reserve(principal, table.epoch(), 0).status().code(), Code::kLimitExceeded);
  reserved.pop_back();
  EXPECT_TRUE(issue(table, binding(), table.epoch(), 0).ok());
  EXPECT_EQ(table.reserve(principal, table.epoch(), 0).status().code(), Code::kLimitExceeded);
  EXPECT_TRUE(table.issue(binding(), *reserved.back()).ok());
  EXPECT_EQ(table.issue(binding(), *reserved.back()).status().code(), Code::kHandleInvalid) << "for one handle";
  table.clear();
  EXPECT_EQ(table.issue(binding(), *reserved.front()).status().code(), Code::kHandleInvalid);
  reserved.clear();
  for (std::size_t i = 0; i < kMaxHandlesOfPrincipal; ++i) {
    ASSERT_TRUE(issue(table, binding(), table.epoch(), 0).ok());
  }
  EXPECT_EQ(issue(table, binding(), table.epoch(), 0).status().code(), Code::kLimitExceeded);
}

TEST(HandleTable, AUseUnderWayHearsOnceThatItIsOver) {
  HandleTable table;
  int heard = 0;
  const std::shared_ptr<Lease> lease = table.lease(binding(), table.epoch(), [&] { ++heard; });
  table.drop_grant("grt_other");
  table.drop_connection("con_1", "other");
  EXPECT_FALSE(lease->revoked());
  table.drop_connection("con_1", "token");
  EXPECT_TRUE(lease->revoked());
  table.drop_grant("grt_1");
  table.clear();
  EXPECT_EQ(heard, 1);
}

TEST(HandleTable, AUseThatBeginsAfterAClearIsOverFromTheBeginning) {
  HandleTable table;
  const std::uint64_t epoch = table.epoch();
  table.clear();
  EXPECT_TRUE(table.lease(binding(), epoch, nullptr)->revoked());
}

}  // namespace
}  // namespace strongroom
