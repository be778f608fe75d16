// A desktop session of the test's own: a private D-Bus session bus and a real gnome-keyring-daemon in a temporary
// HOME, with no display and no terminal; and, where a test wants one, a person at the keyring's prompt, played by
// GCR's mock prompter (the daemon's prompts are real, the answers are scripted).
//
// Needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring, with libgcr-base-3), gdbus (libglib2.0-bin) and
// secret-tool (libsecret-tools).
#ifndef STRONGROOM_TEST_SUPPORT_PRIVATE_SESSION_H_
#define STRONGROOM_TEST_SUPPORT_PRIVATE_SESSION_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/child_process.h"

namespace strongroom::test {

class PrivateSession {
 public:
  PrivateSession();
  /// Ends every process of the session and removes its files.
  ~PrivateSession();
  PrivateSession(const PrivateSession&) = delete;
  PrivateSession& operator=(const PrivateSession&) = delete;

  const std::filesystem::path& dir() const { return dir_; }
  /// The bus's D-Bus address, the same after a restart.
  std::string address() const;
  Environment environment() const;

  void start_bus();
  void kill_bus();
  /// Lets the bus start `executable` for `name`. Before start_bus().
  void make_activatable(const std::string& name, const std::string& executable);
  /// Lets the bus start the system's own gcr-prompter, which has no display here. Before start_bus().
  void make_real_prompter_activatable();

  /// Starts gnome-keyring-daemon and waits until it answers. Unlocked: its login collection, made on first use, is
  /// the default one. Locked: what a login without a password leaves.
  void start_keyring(bool unlocked = true);
  void kill_keyring();
  pid_t keyring_pid() const { return keyring_->pid(); }
  /// Locks the default collection.
  void lock();
  /// Has it unlocked without a prompt, as a new login would: the daemon is started anew.
  void unlock_quietly();
  bool is_locked() const;
  /// The path of the default collection, "/" without one.
  std::string default_collection() const;
  void remove_default_alias();
  const std::string& password() const { return password_; }

  // A person at the prompt; start_prompter() comes before start_keyring().
  void start_prompter();
  void kill_prompter();
  /// The next prompt is answered with the password (or another), or dismissed. Prompts wait for their turn.
  void person_answers() { person_answers(password_); }
  void person_answers(const std::string& password);
  void person_dismisses();
  /// The next prompt stays open: nobody answers it within a minute.
  void person_is_away();
  /// Waits until a prompt is open.
  void wait_for_prompt();

  /// Runs gdbus call, and gives what it prints; "" if it failed.
  std::string call(const std::string& object, const std::string& method, const std::vector<std::string>& arguments,
                   const std::string& destination = "org.freedesktop.secrets") const;
  /// secret-tool's exit status and output.
  Finished secret_tool(const std::vector<std::string>& arguments, const std::string& input = "") const;

 private:
  void tell_prompter(const std::string& command);

  std::filesystem::path dir_;
  std::string password_;
  std::string prompter_name_;
  std::unique_ptr<ChildProcess> bus_;
  std::unique_ptr<ChildProcess> prompter_;
  std::unique_ptr<ChildProcess> keyring_;
};

}  // namespace strongroom::test

#endif  // STRONGROOM_TEST_SUPPORT_PRIVATE_SESSION_H_
