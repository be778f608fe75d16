// Schema::validate on messages that are in the core already: no marshalling.
#ifndef STRONGROOM_TEST_BENCH_NATIVE_VALIDATION_H_
#define STRONGROOM_TEST_BENCH_NATIVE_VALIDATION_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/value.h"
#include "schema/schema.h"

namespace strongroom::bench {

class ValidationBench {
 public:
  /// `messages` is a JSON object: for each channel an array of requests, all of them valid.
  static Result<ValidationBench> create(std::string_view messages);

  /// Validates `count` requests of `channel`, one after the other and again from the first. With a list for issues, as
  /// the dispatcher does.
  Status run(std::string_view channel, std::size_t count) const;

 private:
  struct Channel {
    Schema schema;
    std::vector<Value> requests;
  };
  std::map<std::string, Channel, std::less<>> channels_;
};

}  // namespace strongroom::bench

#endif  // STRONGROOM_TEST_BENCH_NATIVE_VALIDATION_H_
