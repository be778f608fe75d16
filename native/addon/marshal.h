// JavaScript values to core values and back, without a detour through JSON text.
//
// What JSON has no place for is refused with its place: functions, symbols, bigints, buffers, dates, promises, and
// text with lone surrogates (UTF-8 has no form for it, and a silent U+FFFD would store something else than was
// given). `undefined` stays visible (base/value.h). Where the guide says writeOnly, a string goes from the engine
// straight into secure memory.
//
// Threads: the JavaScript thread of `env`.
#ifndef STRONGROOM_ADDON_MARSHAL_H_
#define STRONGROOM_ADDON_MARSHAL_H_

#include <node_api.h>

#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/secure_heap.h"
#include "base/value.h"
#include "schema/schema.h"

namespace strongroom::addon {

/// INVALID_REQUEST with issues `not_json` or `not_unicode`, or LIMIT_EXCEEDED as soon as one of `limits` is passed:
/// nothing larger is ever copied. `guide` may be null (nothing is writeOnly), `heap` serves what it names. An
/// exception of a getter or proxy is cleared and answered as INVALID_REQUEST.
Result<Value> from_js(napi_env env, napi_value value, const WriteOnlyGuide* guide, const MessageLimits& limits,
                      const std::shared_ptr<SecureHeap>& heap);

/// A JavaScript string's text; INVALID_REQUEST naming `what` for any other value or ill-formed text.
Result<std::string> string_from_js(napi_env env, napi_value value, std::string_view what);

/// The JavaScript value of `value`. It holds no secret (the dispatcher sees to it); one would become null. Returns
/// nullptr, with an exception pending, only when the engine is out of memory or being torn down.
napi_value to_js(napi_env env, const Value& value);

/// A JavaScript buffer with a copy of `bytes`, in memory of the engine's own: Electron has no buffers over memory from
/// elsewhere. nullptr as above.
napi_value buffer_to_js(napi_env env, ByteView bytes);

/// Sets an own property of an object, whatever Object.prototype says of its name; nothing if `value` is nullptr.
void define_property(napi_env env, napi_value object, std::string_view key, napi_value value);

/// `{ok: true, value}` or `{ok: false, error: {code, message, detail?, issues?}}`.
napi_value ok_envelope(napi_env env, napi_value value);
napi_value error_envelope(napi_env env, const Status& status);

}  // namespace strongroom::addon

#endif  // STRONGROOM_ADDON_MARSHAL_H_
