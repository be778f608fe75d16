#include "addon/room.h"

#include <optional>
#include <utility>

#include "addon/marshal.h"

namespace strongroom::addon {
namespace {

using ExportParts = std::pair<std::shared_ptr<Strongroom>, std::shared_ptr<AuditExportStream>>;

/// Role and principal as the transport gives them: FORBIDDEN for anyone else.
Result<Caller> read_caller(Napi::Env env, Napi::Value value) {
  const Status unknown(Code::kForbidden, "the sender is not known");
  const MessageLimits small{.bytes = 4096, .depth = 1, .values = 8};
  const Result<Value> caller = from_js(env, value, nullptr, small, nullptr);
  if (!caller.ok()) return unknown;
  const Value* role = caller->find("role");
  const Value* principal = caller->find("principalId");
  if (role == nullptr || !role->is(Value::Kind::kString) || principal == nullptr ||
      !principal->is(Value::Kind::kString) || principal->as_string().empty() || principal->as_string().size() > 200) {
    return unknown;
  }
  const std::optional<Role> parsed = parse_role(role->as_string());
  if (!parsed) return unknown;
  return Caller{*parsed, principal->as_string()};
}

Napi::Value null_answer(Napi::Env env) { return {env, ok_envelope(env, to_js(env, Value()))}; }

}  // namespace

Napi::Function Room::define(Napi::Env env) {
  return DefineClass(env, "Room",
                     {
                         InstanceMethod<&Room::status>("status"),
                         InstanceMethod<&Room::stats>("stats"),
                         InstanceMethod<&Room::dispatch>("dispatch"),
                         InstanceMethod<&Room::use>("use"),
                         InstanceMethod<&Room::reveal>("reveal"),
                         InstanceMethod<&Room::unlock>("unlock"),
                         InstanceMethod<&Room::lock>("lock"),
                         InstanceMethod<&Room::close>("close"),
                         InstanceMethod<&Room::prune>("prune"),
                         InstanceMethod<&Room::export_audit>("exportAudit"),
                     });
}

Room::Room(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Room>(info) {
  if (const auto* opened = Environment::of(info.Env()).constructed_with<OpenedRoom>()) {
    core_ = opened->core;
    listener_ = opened->listener;
  }
}

Napi::Value Room::wrap(Napi::Env env, const OpenedRoom& opened) {
  Environment& environment = Environment::of(env);
  return {env, environment.construct(environment.room_class, opened)};
}

Napi::Value Room::status(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Result<Message> status = core_->status();
  if (!status.ok()) return {env, error_envelope(env, status.status())};
  return {env, ok_envelope(env, to_js(env, *status))};
}

Napi::Value Room::stats(const Napi::CallbackInfo& info) {
  const Strongroom::Stats stats = core_->stats();
  const Message value(
      Message::Object{{"commits", static_cast<double>(stats.commits)}, {"jobs", static_cast<double>(stats.jobs)}});
  return {info.Env(), to_js(info.Env(), value)};
}

Napi::Value Room::dispatch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Answer answer(env);
  const auto send = [&]() -> Status {
    SR_ASSIGN_OR_RETURN(const Caller caller, read_caller(env, info[0]));
    const Result<std::string> channel = string_from_js(env, info[1], "channel");
    if (!channel.ok()) return Status(Code::kUnknownChannel, "there is no such channel");
    SR_ASSIGN_OR_RETURN(const Message payload, from_js(env, info[2], core_->dispatcher().write_only(*channel),
                                                       kMessageLimits, Environment::of(env).heap()));
    core_->dispatch(caller, *channel, payload, [answer](Result<Message> value) {
      if (value.ok()) return answer.resolve(std::move(value).value());
      answer.reject(value.status());
    });
    return Status();
  };
  if (Status refused = send(); !refused.ok()) answer.reject(std::move(refused));
  return answer.promise();
}

Napi::Value Room::use(const Napi::CallbackInfo& info) { return access(info, SecretAccess::kUse); }
Napi::Value Room::reveal(const Napi::CallbackInfo& info) { return access(info, SecretAccess::kReveal); }

Napi::Value Room::access(const Napi::CallbackInfo& info, SecretAccess access) {
  const Napi::Env env = info.Env();
  const Answer answer(env);
  const auto send = [&]() -> Status {
    SR_ASSIGN_OR_RETURN(std::string id, string_from_js(env, info[0], "id"));
    SR_ASSIGN_OR_RETURN(std::string reason, string_from_js(env, info[1], "reason"));
    core_->access_secret(access, std::move(id), std::move(reason), [answer, access](Result<SecureBuffer> plaintext) {
      if (!plaintext.ok()) return answer.reject(plaintext.status());
      // Shared, because a completion is copyable; wiped with the completion, right after the engine has its copy. The
      // copy is in memory that JavaScript owns: Electron has no buffers over memory from elsewhere.
      auto held = std::make_shared<SecureBuffer>(std::move(plaintext).value());
      answer.resolve([held, access](napi_env raw) -> napi_value {
        napi_value value = nullptr;
        const ByteView bytes = held->view();
        const napi_status made = access == SecretAccess::kUse
                                     ? napi_create_buffer_copy(raw, bytes.size(), bytes.data(), nullptr, &value)
                                     : napi_create_string_utf8(raw, as_text(bytes).data(), bytes.size(), &value);
        if (made != napi_ok) {
          return error_envelope(raw, Status(Code::kInternal, "the engine has no memory for the plaintext"));
        }
        return ok_envelope(raw, value);
      });
    });
    return Status();
  };
  if (Status refused = send(); !refused.ok()) answer.reject(std::move(refused));
  return answer.promise();
}

Napi::Value Room::unlock(const Napi::CallbackInfo& info) {
  const Answer answer(info.Env());
  core_->unlock(
      [answer](Status status) { status.ok() ? answer.resolve(Message()) : answer.reject(std::move(status)); });
  return answer.promise();
}

Napi::Value Room::lock(const Napi::CallbackInfo& info) {
  core_->lock();
  return null_answer(info.Env());
}

Napi::Value Room::close(const Napi::CallbackInfo& info) {
  const Answer answer(info.Env());
  const bool started = Environment::of(info.Env()).tasks().run([core = core_, listener = listener_, answer] {
    core->close();
    answer.resolve([listener](napi_env env) {
      Environment::of(env).remove_listener(listener);
      return ok_envelope(env, to_js(env, Message()));
    });
  });
  if (!started) answer.reject(Status(Code::kInternal, "the system has no thread to close the store with"));
  return answer.promise();
}

Napi::Value Room::prune(const Napi::CallbackInfo& info) {
  const Answer answer(info.Env());
  core_->prune([answer](const Result<std::int64_t>& pruned) {
    if (!pruned.ok()) return answer.reject(pruned.status());
    answer.resolve(Message(Message::Object{{"removed", *pruned}}));
  });
  return answer.promise();
}

Napi::Value Room::export_audit(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Result<std::string> format = string_from_js(env, info[0], "format");
  if (!format.ok()) return {env, error_envelope(env, format.status())};
  const Result<std::shared_ptr<AuditExportStream>> stream = core_->export_audit(*format);
  if (!stream.ok()) return {env, error_envelope(env, stream.status())};
  Environment& environment = Environment::of(env);
  return {env, ok_envelope(env, environment.construct(environment.export_class, ExportParts(core_, *stream)))};
}

Napi::Function AuditExportObject::define(Napi::Env env) {
  return DefineClass(env, "AuditExport", {InstanceMethod<&AuditExportObject::next>("next")});
}

AuditExportObject::AuditExportObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<AuditExportObject>(info) {
  if (const auto* parts = Environment::of(info.Env()).constructed_with<ExportParts>()) {
    core_ = parts->first;
    stream_ = parts->second;
  }
}

Napi::Value AuditExportObject::next(const Napi::CallbackInfo& info) {
  const Answer answer(info.Env());
  stream_->next([answer](Result<std::string> piece) {
    if (!piece.ok()) return answer.reject(piece.status());
    answer.resolve(piece->empty() ? Message() : Message(std::move(piece).value()));
  });
  return answer.promise();
}

Napi::Value open_room(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Answer answer(env);
  Environment& environment = Environment::of(env);
  const Result<Message> value = from_js(env, info[0], nullptr, kMessageLimits, nullptr);
  const Result<StrongroomOptions> options =
      value.ok() ? parse_options(*value) : Result<StrongroomOptions>(value.status());
  if (!options.ok()) {
    answer.reject(options.status());
    return answer.promise();
  }
  if (!info[1].IsFunction()) {
    answer.reject(Status::invalid({{"/onEvent", "type", "must be a function"}}));
    return answer.promise();
  }
  const Environment::Listener listener = environment.add_listener(info[1].As<Napi::Function>());
  const bool started = environment.tasks().run(
      [answer, listener, options = *options, heap = environment.heap(), queue = environment.queue()] {
        const auto emit = [queue, listener](const Value& event) {
          queue->post([listener, event](napi_env raw) { Environment::of(raw).call_listener(listener, event); });
        };
        Result<std::unique_ptr<Strongroom>> opened = Strongroom::open(options, heap, emit);
        if (!opened.ok()) {
          return answer.resolve([listener, status = opened.status()](napi_env raw) {
            Environment::of(raw).remove_listener(listener);
            return error_envelope(raw, status);
          });
        }
        const OpenedRoom room{std::move(opened).value(), listener};
        answer.resolve([room](napi_env raw) -> napi_value {
          Environment::of(raw).remember(room.core);
          return ok_envelope(raw, Room::wrap(raw, room));
        });
      });
  if (!started) {
    environment.remove_listener(listener);
    answer.reject(Status(Code::kInternal, "the system has no thread to open the store with"));
  }
  return answer.promise();
}

}  // namespace strongroom::addon
