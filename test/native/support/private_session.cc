#include "support/private_session.h"

#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "base/bytes.h"
#include "crypto/random.h"

namespace strongroom::test {
namespace {

std::string random_hex() {
  Bytes random(16);
  if (!fill_random(random).ok()) throw std::runtime_error("no random bytes");
  return to_hex(random);
}

void write_file(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

PrivateSession::PrivateSession() : password_(random_hex()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "strongroom-session-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  dir_ = pattern;
  for (const char* name : {"home", "run", "services"}) {
    std::filesystem::create_directory(dir_ / name);
    chmod((dir_ / name).c_str(), S_IRWXU);
  }
  write_file(dir_ / "bus.conf",
             "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
             "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
             "<busconfig><type>session</type><listen>unix:path=" +
                 (dir_ / "run/bus").string() + "</listen><servicedir>" + (dir_ / "services").string() +
                 "</servicedir><policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>"
                 "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n");
}

PrivateSession::~PrivateSession() {
  keyring_.reset();
  prompter_.reset();
  bus_.reset();
  kill_processes_mentioning(dir_.string());
  std::error_code error;
  std::filesystem::remove_all(dir_, error);
}

std::string PrivateSession::address() const { return "unix:path=" + (dir_ / "run/bus").string(); }

Environment PrivateSession::environment() const {
  const char* path = std::getenv("PATH");
  Environment environment{{"PATH", path != nullptr ? path : "/usr/bin:/bin"},
                          {"HOME", (dir_ / "home").string()},
                          {"XDG_RUNTIME_DIR", (dir_ / "run").string()},
                          {"DBUS_SESSION_BUS_ADDRESS", address()},
                          {"LC_ALL", "C.UTF-8"}};
  if (!prompter_name_.empty()) environment["GNOME_KEYRING_TEST_PROMPTER"] = prompter_name_;
  return environment;
}

void PrivateSession::start_bus() {
  std::filesystem::remove(dir_ / "run/bus");
  bus_ = std::make_unique<ChildProcess>(
      std::vector<std::string>{"dbus-daemon", "--nofork", "--nopidfile", "--print-address=1",
                               "--config-file=" + (dir_ / "bus.conf").string()},
      environment());
  if (bus_->read_line().empty()) throw std::runtime_error("dbus-daemon did not start");
}

void PrivateSession::kill_bus() {
  bus_->kill(SIGKILL);
  bus_.reset();
}

void PrivateSession::make_activatable(const std::string& name, const std::string& executable) {
  write_file(dir_ / "services" / (name + ".service"), "[D-BUS Service]\nName=" + name + "\nExec=" + executable + "\n");
}

void PrivateSession::make_real_prompter_activatable() {
  const std::string name = "org.gnome.keyring.SystemPrompter.service";
  std::filesystem::copy_file("/usr/share/dbus-1/services/" + name, dir_ / "services" / name);
}

void PrivateSession::start_keyring(bool unlocked) {
  std::vector<std::string> argv{"gnome-keyring-daemon", "--foreground", "--components=secrets"};
  if (unlocked) argv.emplace_back("--unlock");
  keyring_ = std::make_unique<ChildProcess>(argv, environment());
  if (unlocked) keyring_->write(password_);
  keyring_->close_input();
  if (run({"gdbus", "wait", "--session", "--timeout", "30", "org.freedesktop.secrets"}, environment()).status != 0) {
    throw std::runtime_error("gnome-keyring-daemon did not start");
  }
}

void PrivateSession::kill_keyring() {
  keyring_->kill(SIGKILL);
  keyring_.reset();
}

std::string PrivateSession::call(const std::string& object, const std::string& method,
                                 const std::vector<std::string>& arguments, const std::string& destination) const {
  std::vector<std::string> argv{"gdbus",         "call", "--session", "--dest", destination,
                                "--object-path", object, "--method",  method};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run(argv, environment()).output;
}

std::string PrivateSession::default_collection() const {
  const std::string reply = call("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.ReadAlias", {"default"});
  const std::size_t begin = reply.find('\'');
  const std::size_t end = reply.rfind('\'');
  if (begin == std::string::npos || end <= begin) throw std::runtime_error("no answer about the default collection");
  return reply.substr(begin + 1, end - begin - 1);
}

void PrivateSession::remove_default_alias() {
  call("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.SetAlias", {"default", "/"});
}

void PrivateSession::lock() {
  call("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock", {"['" + default_collection() + "']"});
}

void PrivateSession::unlock_quietly() {
  kill_keyring();
  start_keyring();
}

bool PrivateSession::is_locked() const {
  const std::string reply = call(default_collection(), "org.freedesktop.DBus.Properties.Get",
                                 {"org.freedesktop.Secret.Collection", "Locked"});
  if (reply.empty()) throw std::runtime_error("no answer about the collection");
  return reply.find("true") != std::string::npos;
}

void PrivateSession::start_prompter() {
  prompter_ = std::make_unique<ChildProcess>(std::vector<std::string>{STRONGROOM_MOCK_PROMPTER}, environment());
  prompter_name_ = prompter_->read_line();
  if (prompter_name_.empty()) throw std::runtime_error("the mock prompter did not start");
}

void PrivateSession::kill_prompter() {
  prompter_->kill(SIGKILL);
  prompter_.reset();
}

void PrivateSession::tell_prompter(const std::string& command) {
  prompter_->write(command + "\n");
  if (prompter_->read_line() != "ok") throw std::runtime_error("the mock prompter failed");
}

void PrivateSession::person_answers(const std::string& password) { tell_prompter("answer " + password); }
void PrivateSession::person_dismisses() { tell_prompter("dismiss"); }
void PrivateSession::person_is_away() { tell_prompter("away"); }
void PrivateSession::wait_for_prompt() { tell_prompter("wait"); }

Finished PrivateSession::secret_tool(const std::vector<std::string>& arguments, const std::string& input) const {
  std::vector<std::string> argv{"secret-tool"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run(argv, environment(), input);
}

}  // namespace strongroom::test
