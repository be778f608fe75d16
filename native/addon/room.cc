#include "addon/room.h"

#include <optional>
#include <utility>

#include "addon/marshal.h"
#include "base/unicode.h"

namespace strongroom::addon {
namespace {

constexpr std::size_t kMaxPrincipal = 200;  // code points

using ExportParts = std::pair<std::shared_ptr<Strongroom>, std::shared_ptr<AuditExportStream>>;

/// Role and principal as the transport gives them: FORBIDDEN for anyone else.
Result<Caller> read_caller(Napi::Env env, Napi::Value value) {
  const Status unknown(Code::kForbidden, "the sender is not known");
  const MessageLimits small{.bytes = 64U << 10, .depth = 2, .values = 1000};
  const Result<Value> caller = from_js(env, value, nullptr, small, nullptr);
  if (!caller.ok()) return unknown;
  const Value* role = caller->find("role");
  const Value* principal = caller->find("principalId");
  if (role == nullptr || !role->is(Value::Kind::kString) || principal == nullptr ||
      !principal->is(Value::Kind::kString) || principal->as_string().empty() ||
      count_code_points(principal->as_string()).value_or(kMaxPrincipal + 1) > kMaxPrincipal) {
    return unknown;
  }
  const std::optional<Role> parsed = parse_role(role->as_string());
  if (!parsed) return unknown;
  Caller out{*parsed, principal->as_string()};
  if (const Value* uses = caller->find("uses")) {
    if (!uses->is(Value::Kind::kArray)) return unknown;
    out.uses.emplace();
    for (const Value& id : uses->as_array()) {
      if (!id.is(Value::Kind::kString)) return unknown;
      out.uses->push_back(id.as_string());
    }
  }
  return out;
}

napi_value no_memory(napi_env env) {
  return error_envelope(env, Status(Code::kInternal, "the engine has no memory for the plaintext"));
}

/// What the host language says came of an effect: `{ok: true, value, body?}` or `{ok: false, error: {code, message}}`.
Result<EffectOutcome> read_outcome(Napi::Env env, Napi::Value given) {
  const Status wrong(Code::kInternal, "the outcome of an effect has a form that is none");
  if (!given.IsObject()) return wrong;
  const Napi::Object object = given.As<Napi::Object>();
  const Napi::Value ok = object.Get("ok");
  if (env.IsExceptionPending() || !ok.IsBoolean()) return wrong;
  if (!ok.As<Napi::Boolean>().Value()) {
    SR_ASSIGN_OR_RETURN(const Message error, from_js(env, object.Get("error"), nullptr, kMessageLimits, nullptr));
    const Message* code = error.find("code");
    const Message* message = error.find("message");
    const Message* detail = error.find("detail");
    const auto text = [](const Message* value) {
      return value != nullptr && value->is(Message::Kind::kString) ? value->as_string() : std::string();
    };
    return Status(parse_code(text(code)).value_or(Code::kInternal), text(message)).with_detail(text(detail));
  }
  EffectOutcome outcome;
  SR_ASSIGN_OR_RETURN(outcome.value, from_js(env, object.Get("value"), nullptr, kMessageLimits, nullptr));
  const Napi::Value body = object.Get("body");
  if (body.IsBuffer()) {
    const auto bytes = body.As<Napi::Buffer<std::uint8_t>>();
    outcome.body.assign(bytes.Data(), bytes.Data() + bytes.Length());
  }
  return outcome;
}

/// An effect as JavaScript sees it: `{id, kind, request, secrets: {name: Buffer}}`.
napi_value effect_to_js(napi_env env, const Effect& effect) {
  napi_value out = to_js(env, Message(Message::Object{{"id", static_cast<double>(effect.id)}, {"kind", effect.kind}}));
  napi_value secrets = nullptr;
  if (out == nullptr || napi_create_object(env, &secrets) != napi_ok) return nullptr;
  for (const auto& [name, value] : effect.secrets) {
    define_property(env, secrets, name, buffer_to_js(env, value->view()));
  }
  define_property(env, out, "request", to_js(env, effect.request));
  define_property(env, out, "secrets", secrets);
  return out;
}

/// 0, which is none, for what is no number.
std::uint64_t ticket_of(Napi::Value value) {
  return value.IsNumber() ? static_cast<std::uint64_t>(value.As<Napi::Number>().Int64Value()) : 0;
}

Napi::Value null_answer(Napi::Env env) { return {env, ok_envelope(env, to_js(env, Value()))}; }

}  // namespace

Napi::Function Room::define(Napi::Env env) {
  return DefineClass(env, "Room",
                     {
                         InstanceMethod<&Room::status>("status"),
                         InstanceMethod<&Room::stats>("stats"),
                         InstanceMethod<&Room::dispatch>("dispatch"),
                         InstanceMethod<&Room::withdraw>("withdraw"),
                         InstanceMethod<&Room::sees>("sees"),
                         InstanceMethod<&Room::use>("use"),
                         InstanceMethod<&Room::reveal>("reveal"),
                         InstanceMethod<&Room::redeem>("redeem"),
                         InstanceMethod<&Room::settle>("settle"),
                         InstanceMethod<&Room::set_prompting>("setPrompting"),
                         InstanceMethod<&Room::set_tester>("setTester"),
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
    events_ = opened->events;
    effects_ = opened->effects;
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
    core_->dispatch(
        caller, *channel, payload,
        [answer](Result<Message> value) {
          if (value.ok()) return answer.resolve(std::move(value).value());
          answer.reject(value.status());
        },
        ticket_of(info[3]));
    return Status();
  };
  if (Status refused = send(); !refused.ok()) answer.reject(std::move(refused));
  return answer.promise();
}

Napi::Value Room::withdraw(const Napi::CallbackInfo& info) {
  core_->withdraw(ticket_of(info[0]));
  return null_answer(info.Env());
}

Napi::Value Room::sees(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Answer answer(env);
  const auto send = [&]() -> Status {
    SR_ASSIGN_OR_RETURN(const Caller caller, read_caller(env, info[0]));
    SR_ASSIGN_OR_RETURN(const std::string id, string_from_js(env, info[1], "connectionId"));
    core_->sees(caller, id, [answer](const Result<bool>& sees) {
      if (sees.ok()) return answer.resolve(Message(*sees));
      answer.reject(sees.status());
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
      // Shared, because a completion is copyable; wiped with the completion, right after the engine has its copy.
      auto held = std::make_shared<SecureBuffer>(std::move(plaintext).value());
      answer.resolve([held, access](napi_env raw) -> napi_value {
        const ByteView bytes = held->view();
        napi_value value = nullptr;
        if (access == SecretAccess::kUse) {
          value = buffer_to_js(raw, bytes);
        } else if (napi_create_string_utf8(raw, as_text(bytes).data(), bytes.size(), &value) != napi_ok) {
          value = nullptr;
        }
        if (value == nullptr) return no_memory(raw);
        return ok_envelope(raw, value);
      });
    });
    return Status();
  };
  if (Status refused = send(); !refused.ok()) answer.reject(std::move(refused));
  return answer.promise();
}

Napi::Value Room::redeem(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Answer answer(env);
  const auto send = [&]() -> Status {
    SR_ASSIGN_OR_RETURN(const std::string handle, string_from_js(env, info[0], "handle"));
    SR_ASSIGN_OR_RETURN(std::string reason, string_from_js(env, info[1], "reason"));
    const bool for_program = info[2].ToBoolean().Value();
    core_->redeem(handle, std::move(reason), for_program, [answer](Result<Strongroom::RedeemedHandle> redeemed) {
      if (!redeemed.ok()) return answer.reject(redeemed.status());
      auto held = std::make_shared<Strongroom::RedeemedHandle>(std::move(redeemed).value());
      answer.resolve([held](napi_env raw) -> napi_value {
        const napi_value plaintext = buffer_to_js(raw, held->plaintext.view());
        const napi_value value = to_js(raw, held->info);
        if (plaintext == nullptr || value == nullptr) return no_memory(raw);
        define_property(raw, value, "plaintext", plaintext);
        return ok_envelope(raw, value);
      });
    });
    return Status();
  };
  if (Status refused = send(); !refused.ok()) answer.reject(std::move(refused));
  return answer.promise();
}

Napi::Value Room::settle(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber()) return {env, error_envelope(env, Status::invalid({{"/id", "type", "must be a number"}}))};
  const auto id = static_cast<EffectId>(info[0].As<Napi::Number>().Int64Value());
  Result<EffectOutcome> outcome = read_outcome(env, info[1]);
  if (env.IsExceptionPending()) env.GetAndClearPendingException();
  core_->settle(id, std::move(outcome));
  return null_answer(env);
}

Napi::Value Room::set_prompting(const Napi::CallbackInfo& info) {
  core_->set_prompting(info[0].ToBoolean().Value());
  return null_answer(info.Env());
}

Napi::Value Room::set_tester(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Result<std::string> id = string_from_js(env, info[0], "id");
  if (!id.ok()) return {env, error_envelope(env, id.status())};
  core_->set_tester(*id, info[1].ToBoolean().Value());
  return null_answer(env);
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
  core_->begin_close();  // here, so that no later call is served before the thread below comes to it
  const bool started =
      Environment::of(info.Env()).tasks().run([core = core_, events = events_, effects = effects_, answer] {
        core->close();
        answer.resolve([events, effects](napi_env env) {
          Environment::of(env).remove_listener(events);
          Environment::of(env).remove_listener(effects);
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
  if (!info[1].IsFunction() || !info[2].IsFunction()) {
    answer.reject(Status::invalid({{"/onEvent", "type", "must be a function, and onEffect too"}}));
    return answer.promise();
  }
  const Environment::Listener events = environment.add_listener(info[1].As<Napi::Function>());
  const Environment::Listener effects = environment.add_listener(info[2].As<Napi::Function>());
  const bool started = environment.tasks().run(
      [answer, events, effects, options = *options, heap = environment.heap(), queue = environment.queue()] {
        const auto emit = [queue, events](const Value& event) {
          queue->post([events, event](napi_env raw) { Environment::of(raw).call_listener(events, to_js(raw, event)); });
        };
        const auto hand_out = [queue, effects](const Effect& effect) {
          queue->post([effects, effect](napi_env raw) {
            Environment::of(raw).call_listener(effects, effect_to_js(raw, effect));
          });
        };
        Result<std::unique_ptr<Strongroom>> opened = Strongroom::open(options, heap, emit, hand_out);
        if (!opened.ok()) {
          return answer.resolve([events, effects, status = opened.status()](napi_env raw) {
            Environment::of(raw).remove_listener(events);
            Environment::of(raw).remove_listener(effects);
            return error_envelope(raw, status);
          });
        }
        const OpenedRoom room{std::move(opened).value(), events, effects};
        answer.resolve([room](napi_env raw) -> napi_value {
          Environment::of(raw).remember(room.core);
          return ok_envelope(raw, Room::wrap(raw, room));
        });
      });
  if (!started) {
    environment.remove_listener(events);
    environment.remove_listener(effects);
    answer.reject(Status(Code::kInternal, "the system has no thread to open the store with"));
  }
  return answer.promise();
}

}  // namespace strongroom::addon
