// strongroom_bench <directory> <secrets> <bytes> <messages.json>
//
// Makes a store in the directory, then does what each line of standard input says and answers with one line of JSON,
// so that whoever drives it can take turns with other programs:
//   read core|bare|bare-kept-key <count>     {"ns": <for all>}
//   validate <channel> <count>               {"ns": <for all>}
// The first line of output names the libraries. The exit code is 1 after {"error": ...}.
#include <openssl/crypto.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

#include "native_read.h"
#include "native_validation.h"

namespace strongroom::bench {
namespace {

void answer(Value::Object members) { std::cout << to_json(Value(std::move(members))) << std::endl; }

Status serve(ReadBench& reads, const ValidationBench& validation) {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command;
    std::string what;
    std::size_t count = 0;
    words >> command >> what >> count;
    const auto start = std::chrono::steady_clock::now();
    SR_RETURN_IF_ERROR(command == "read" ? reads.run(what, count) : validation.run(what, count));
    const auto elapsed = std::chrono::steady_clock::now() - start;
    answer({{"ns", static_cast<double>(std::chrono::nanoseconds(elapsed).count())}});
  }
  return {};
}

Status run(const char* dir, const char* secrets, const char* bytes, const char* messages) {
  std::ifstream file(messages);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  SR_ASSIGN_OR_RETURN(const ValidationBench validation, ValidationBench::create(text));
  SR_ASSIGN_OR_RETURN(const std::unique_ptr<ReadBench> reads,
                      ReadBench::create(dir, std::strtoul(secrets, nullptr, 10), std::strtoul(bytes, nullptr, 10)));
  answer({{"sqlite", sqlite3_libversion()}, {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)}});
  return serve(*reads, validation);
}

}  // namespace
}  // namespace strongroom::bench

int main(int argc, char** argv) {
  using strongroom::Status;
  if (argc != 5) {
    std::cerr << "usage: strongroom_bench <directory> <secrets> <bytes> <messages.json>\n";
    return 2;
  }
  const Status status = strongroom::bench::run(argv[1], argv[2], argv[3], argv[4]);
  if (status.ok()) return 0;
  strongroom::bench::answer({{"error", status.message()}});
  return 1;
}
