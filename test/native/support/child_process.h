// Child processes of a test: started with an exact environment, spoken to through pipes, and gone with their object.
#ifndef STRONGROOM_TEST_SUPPORT_CHILD_PROCESS_H_
#define STRONGROOM_TEST_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace strongroom::test {

using Environment = std::map<std::string, std::string>;

/// Started by the constructor; killed (SIGKILL) and waited for by the destructor, and by the kernel if the test dies.
/// Standard error goes to that of the test if the environment variable STRONGROOM_TEST_VERBOSE is set, else nowhere.
class ChildProcess {
 public:
  /// `argv[0]` is looked up in PATH. Throws std::runtime_error if it cannot be started.
  ChildProcess(const std::vector<std::string>& argv, const Environment& environment);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void write(const std::string& text);
  void close_input();
  /// The next line of the child's output, without its end; "" at the end of the output.
  std::string read_line();
  /// The rest of the output.
  std::string read_all();
  /// Sends a signal and waits for the end.
  void kill(int signal);
  /// The exit status as a shell has it; 128 + signal for one that was killed.
  int wait();

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string buffered_;
  int status_ = -1;
};

struct Finished {
  int status;
  std::string output;
};

/// Runs a command to its end.
Finished run(const std::vector<std::string>& argv, const Environment& environment, const std::string& input = "");

/// Kills (SIGKILL) every process whose environment mentions `text`, until there is none; how many there were.
/// For what a service manager or bus started on a test's behalf.
int kill_processes_mentioning(const std::string& text);

}  // namespace strongroom::test

#endif  // STRONGROOM_TEST_SUPPORT_CHILD_PROCESS_H_
