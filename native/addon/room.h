// An open store as a JavaScript object. Marshalling and promises; no policy.
#ifndef STRONGROOM_ADDON_ROOM_H_
#define STRONGROOM_ADDON_ROOM_H_

#include <napi.h>

#include <memory>
#include <string>

#include "addon/environment.h"
#include "service/audit_service.h"
#include "service/secret_service.h"
#include "service/strongroom.h"

namespace strongroom::addon {

/// A store and the JavaScript functions that hear of its events and of its effects.
struct OpenedRoom {
  std::shared_ptr<Strongroom> core;
  Environment::Listener events = 0;
  Environment::Listener effects = 0;
};

/// JavaScript thread of its environment, as every ObjectWrap.
class Room : public Napi::ObjectWrap<Room> {
 public:
  static Napi::Function define(Napi::Env env);
  /// The object for an opened store, or an empty value with an exception pending.
  static Napi::Value wrap(Napi::Env env, const OpenedRoom& opened);

  explicit Room(const Napi::CallbackInfo& info);

 private:
  Napi::Value status(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  Napi::Value dispatch(const Napi::CallbackInfo& info);
  Napi::Value withdraw(const Napi::CallbackInfo& info);
  Napi::Value sees(const Napi::CallbackInfo& info);
  Napi::Value use(const Napi::CallbackInfo& info);
  Napi::Value reveal(const Napi::CallbackInfo& info);
  Napi::Value unlock(const Napi::CallbackInfo& info);
  Napi::Value lock(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  Napi::Value prune(const Napi::CallbackInfo& info);
  Napi::Value export_audit(const Napi::CallbackInfo& info);

  Napi::Value redeem(const Napi::CallbackInfo& info);
  Napi::Value settle(const Napi::CallbackInfo& info);
  Napi::Value set_prompting(const Napi::CallbackInfo& info);
  Napi::Value set_tester(const Napi::CallbackInfo& info);

  Napi::Value access(const Napi::CallbackInfo& info, SecretAccess access);

  std::shared_ptr<Strongroom> core_;
  Environment::Listener events_ = 0;
  Environment::Listener effects_ = 0;
};

/// An export of the audit log as a JavaScript object with `next()`.
class AuditExportObject : public Napi::ObjectWrap<AuditExportObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit AuditExportObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value next(const Napi::CallbackInfo& info);

  std::shared_ptr<Strongroom> core_;  // the stream works on it
  std::shared_ptr<AuditExportStream> stream_;
};

/// `open(options, onEvent, onEffect)`: a promise of an envelope with a Room.
Napi::Value open_room(const Napi::CallbackInfo& info);

}  // namespace strongroom::addon

#endif  // STRONGROOM_ADDON_ROOM_H_
