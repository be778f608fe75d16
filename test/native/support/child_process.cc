#include "support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace strongroom::test {

ChildProcess::ChildProcess(const std::vector<std::string>& argv, const Environment& environment) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  std::vector<char*> block;
  for (std::string& variable : variables) block.push_back(variable.data());
  block.push_back(nullptr);
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe for a child process");
  }
  const int errors =
      std::getenv("STRONGROOM_TEST_VERBOSE") != nullptr ? dup(STDERR_FILENO) : open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {  // only async-signal-safe calls from here: other threads may hold locks
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    dup2(input[0], STDIN_FILENO);
    dup2(output[1], STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    execvpe(arguments[0], arguments.data(), block.data());
    _exit(127);
  }
  ::close(input[0]);
  ::close(output[1]);
  ::close(errors);
  input_ = input[1];
  output_ = output[0];
  if (pid_ < 0) throw std::runtime_error("no child process");
}

ChildProcess::~ChildProcess() {
  close_input();
  if (status_ < 0) kill(SIGKILL);
  ::close(output_);
}

void ChildProcess::write(const std::string& text) {
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &before);  // a child that has ended is for wait() to report
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t size = ::write(input_, text.data() + done, text.size() - done);
    if (size < 0) break;
    done += static_cast<std::size_t>(size);
  }
  sigaction(SIGPIPE, &before, nullptr);
}

void ChildProcess::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

std::string ChildProcess::read_line() {
  std::array<char, 4096> part{};
  while (true) {
    if (const std::size_t end = buffered_.find('\n'); end != std::string::npos) {
      std::string line = buffered_.substr(0, end);
      buffered_.erase(0, end + 1);
      return line;
    }
    const ssize_t size = read(output_, part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::exchange(buffered_, {});
    buffered_.append(part.data(), static_cast<std::size_t>(size));
  }
}

std::string ChildProcess::read_all() {
  std::array<char, 4096> part{};
  while (true) {
    const ssize_t size = read(output_, part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::exchange(buffered_, {});
    buffered_.append(part.data(), static_cast<std::size_t>(size));
  }
}

void ChildProcess::kill(int signal) {
  if (status_ < 0) ::kill(pid_, signal);
  wait();
}

int ChildProcess::wait() {
  int status = 0;
  while (status_ < 0 && waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  if (status_ < 0) status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return status_;
}

Finished run(const std::vector<std::string>& argv, const Environment& environment, const std::string& input) {
  ChildProcess child(argv, environment);
  child.write(input);
  child.close_input();
  std::string output = child.read_all();
  return {child.wait(), std::move(output)};
}

int kill_processes_mentioning(const std::string& text) {
  int killed = 0;
  bool found = true;
  while (found) {
    found = false;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
      const std::string name = entry.path().filename().string();
      const pid_t pid = static_cast<pid_t>(std::strtol(name.c_str(), nullptr, 10));
      if (pid <= 0 || pid == getpid()) continue;
      const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
      if (handle < 0) continue;
      std::ifstream file(entry.path() / "environ", std::ios::binary);
      const std::string environment(std::istreambuf_iterator<char>(file), {});
      if (environment.find(text) != std::string::npos) {
        syscall(SYS_pidfd_send_signal, handle, SIGKILL, nullptr, 0);
        struct pollfd ended {
          handle, POLLIN, 0
        };
        poll(&ended, 1, 10000);
        found = true;
        ++killed;
      }
      ::close(handle);
    }
  }
  return killed;
}

}  // namespace strongroom::test
