#include "addon/marshal.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

#include "base/unicode.h"

namespace strongroom::addon {
namespace {

void clear_exception(napi_env env) {
  bool pending = false;
  napi_value error = nullptr;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) napi_get_and_clear_last_exception(env, &error);
}

/// Walks one JavaScript value. One object per message: it carries the counts.
class Reader {
 public:
  Reader(napi_env env, const MessageLimits& limits, std::shared_ptr<SecureHeap> heap)
      : env_(env), limits_(limits), heap_(std::move(heap)) {}

  Result<Value> read(napi_value value, const WriteOnlyGuide* guide, std::size_t depth) {
    values_ += 1;
    if (values_ > limits_.values) return too_much("has too many values");
    if (!take_bytes(8)) return too_much("is too large");
    napi_valuetype type = napi_undefined;
    if (napi_typeof(env_, value, &type) != napi_ok) return failed();
    switch (type) {
      case napi_undefined: return Value::undefined();
      case napi_null: return Value();
      case napi_boolean: {
        bool flag = false;
        if (napi_get_value_bool(env_, value, &flag) != napi_ok) return failed();
        return Value(flag);
      }
      case napi_number: {
        double number = 0;
        if (napi_get_value_double(env_, value, &number) != napi_ok) return failed();
        return Value(number);
      }
      case napi_string: return guide != nullptr && guide->here() ? read_secret(value) : read_string(value);
      case napi_object: return read_container(value, guide, depth);
      case napi_symbol: return not_json("a symbol");
      case napi_function: return not_json("a function");
      case napi_bigint: return not_json("a bigint");
      case napi_external: break;
    }
    return not_json("not a JSON value");
  }

  Result<std::string> read_text(napi_value value) {
    // Short text, which is nearly all there is, needs one call and no allocation but the result's.
    std::array<char16_t, 256> small;
    std::u16string large;
    char16_t* buffer = small.data();
    std::size_t units = 0;
    if (napi_get_value_string_utf16(env_, value, buffer, small.size(), &units) != napi_ok) return failed();
    if (units + 1 == small.size()) {  // there may be more
      if (napi_get_value_string_utf16(env_, value, nullptr, 0, &units) != napi_ok) return failed();
      if (bytes_ + units > limits_.bytes) return too_much("is too large");
      large.resize(units + 1);
      buffer = large.data();
      if (napi_get_value_string_utf16(env_, value, buffer, units + 1, &units) != napi_ok) return failed();
    }
    const std::span<const char16_t> text(buffer, units);
    const auto size = measure_utf16(text);
    if (!size) return not_unicode();
    if (!take_bytes(size->bytes)) return too_much("is too large");
    std::string out(size->bytes, '\0');
    write_utf8(text, out);
    return out;
  }

 private:
  Status at(const char* code, std::string message) const {
    return Status::invalid({{path(), code, std::move(message)}});
  }
  Status not_json(const std::string& what) const { return at("not_json", "must be a JSON value, not " + what); }
  Status not_unicode() const { return at("not_unicode", "must be well-formed Unicode: it has a lone surrogate"); }
  Status failed() const {
    clear_exception(env_);
    return at("not_json", "could not be read");
  }

  Status too_much(const char* what) const {
    return Status(Code::kLimitExceeded, std::string("the message ") + what).with_issues({{path(), "limit", what}});
  }

  /// Counts; false beyond the limit.
  bool take_bytes(std::size_t bytes) {
    bytes_ += bytes;
    return bytes_ <= limits_.bytes;
  }

  std::string path() const {
    std::string out;
    for (const Step& step : steps_) {
      out = step.key.data() != nullptr ? pointer_child(out, step.key) : pointer_child(out, step.index);
    }
    return out;
  }

  Result<Value> read_string(napi_value value) {
    SR_ASSIGN_OR_RETURN(std::string text, read_text(value));
    return Value(std::move(text));
  }

  Result<Value> read_secret(napi_value value) {
    std::size_t units = 0;
    if (napi_get_value_string_utf16(env_, value, nullptr, 0, &units) != napi_ok) return failed();
    if (!take_bytes(units)) return too_much("is too large");
    SR_ASSIGN_OR_RETURN(SecureBuffer utf16, heap_->allocate((units + 1) * sizeof(char16_t)));
    auto* buffer = reinterpret_cast<char16_t*>(utf16.bytes().data());
    if (napi_get_value_string_utf16(env_, value, buffer, units + 1, &units) != napi_ok) return failed();
    const std::span<const char16_t> text(buffer, units);
    const auto size = measure_utf16(text);
    if (!size) return not_unicode();
    if (!take_bytes(size->bytes - units)) return too_much("is too large");
    SR_ASSIGN_OR_RETURN(SecureBuffer utf8, heap_->allocate(size->bytes));
    write_utf8(text, {reinterpret_cast<char*>(utf8.bytes().data()), utf8.size()});
    return Value::secret({std::move(utf8), size->code_points});
  }

  Result<Value> read_container(napi_value value, const WriteOnlyGuide* guide, std::size_t depth) {
    if (depth >= limits_.depth) return too_much("is nested too deeply");
    bool array = false;
    if (napi_is_array(env_, value, &array) != napi_ok) return failed();
    if (array) return read_array(value, guide, depth);
    if (is_exotic(value)) return not_json("a buffer, date, promise or error");
    return read_object(value, guide, depth);
  }

  /// Objects whose content is not in their properties. (A Map or a Set cannot be told from an object through
  /// Node-API; it has no properties, so a strict contract sees an empty object.)
  bool is_exotic(napi_value value) const {
    bool is = false;
    return (napi_is_arraybuffer(env_, value, &is) == napi_ok && is) ||
           (napi_is_typedarray(env_, value, &is) == napi_ok && is) ||
           (napi_is_dataview(env_, value, &is) == napi_ok && is) || (napi_is_date(env_, value, &is) == napi_ok && is) ||
           (napi_is_promise(env_, value, &is) == napi_ok && is) || (napi_is_error(env_, value, &is) == napi_ok && is);
  }

  Result<Value> read_array(napi_value value, const WriteOnlyGuide* guide, std::size_t depth) {
    std::uint32_t size = 0;
    if (napi_get_array_length(env_, value, &size) != napi_ok) return failed();
    if (size > limits_.values - values_) return too_much("has too many values");
    Value::Array out;
    out.reserve(size);
    for (std::uint32_t i = 0; i < size; ++i) {
      steps_.push_back({.key = {}, .index = i});
      napi_handle_scope scope = nullptr;
      napi_open_handle_scope(env_, &scope);
      napi_value element = nullptr;
      Result<Value> read_element = napi_get_element(env_, value, i, &element) == napi_ok
                                       ? read(element, guide != nullptr ? guide->element(i) : nullptr, depth + 1)
                                       : Result<Value>(failed());
      napi_close_handle_scope(env_, scope);
      if (!read_element.ok()) return read_element;
      out.push_back(std::move(read_element).value());
      steps_.pop_back();
    }
    return Value(std::move(out));
  }

  Result<Value> read_object(napi_value value, const WriteOnlyGuide* guide, std::size_t depth) {
    napi_value keys = nullptr;
    std::uint32_t size = 0;
    if (napi_get_all_property_names(env_, value, napi_key_own_only,
                                    static_cast<napi_key_filter>(napi_key_enumerable | napi_key_skip_symbols),
                                    napi_key_numbers_to_strings, &keys) != napi_ok ||
        napi_get_array_length(env_, keys, &size) != napi_ok) {
      return failed();
    }
    if (size > limits_.values - values_) return too_much("has too many values");
    Value::Object out;
    out.reserve(size);
    constexpr std::uint32_t kMembersPerScope = 32;
    for (std::uint32_t i = 0; i < size;) {
      napi_handle_scope scope = nullptr;
      napi_open_handle_scope(env_, &scope);
      Status status;
      for (const std::uint32_t end = std::min(size, i + kMembersPerScope); i < end && status.ok(); ++i) {
        status = read_member(value, keys, i, guide, depth, out);
      }
      napi_close_handle_scope(env_, scope);
      SR_RETURN_IF_ERROR(std::move(status));
    }
    return Value(std::move(out));
  }

  Status read_member(napi_value object, napi_value keys, std::uint32_t index, const WriteOnlyGuide* guide,
                     std::size_t depth, Value::Object& out) {
    napi_value key = nullptr;
    napi_value member = nullptr;
    if (napi_get_element(env_, keys, index, &key) != napi_ok) return failed();
    SR_ASSIGN_OR_RETURN(std::string name, read_text(key));
    steps_.push_back({.key = name, .index = 0});
    if (napi_get_property(env_, object, key, &member) != napi_ok) return failed();
    SR_ASSIGN_OR_RETURN(Value value, read(member, guide != nullptr ? guide->member(name) : nullptr, depth + 1));
    steps_.pop_back();
    out.emplace_back(std::move(name), std::move(value));
    return Status();
  }

  /// A member, or an element if there is no key.
  struct Step {
    std::string_view key;
    std::size_t index = 0;
  };

  napi_env env_;
  const MessageLimits& limits_;
  std::shared_ptr<SecureHeap> heap_;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
  std::vector<Step> steps_;  // where the walk is, for the path of an issue
};

}  // namespace

Result<Value> from_js(napi_env env, napi_value value, const WriteOnlyGuide* guide, const MessageLimits& limits,
                      const std::shared_ptr<SecureHeap>& heap) {
  return Reader(env, limits, heap).read(value, guide, 0);
}

Result<std::string> string_from_js(napi_env env, napi_value value, std::string_view what) {
  napi_valuetype type = napi_undefined;
  const std::string path = pointer_child("", what);
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_string) {
    return Status::invalid({{path, "type", "must be a string"}});
  }
  const MessageLimits limits;
  Result<std::string> text = Reader(env, limits, nullptr).read_text(value);
  if (text.ok()) return text;
  if (text.status().issues().empty()) return text.status();
  Issue issue = text.status().issues().front();
  issue.path = path;
  return text.status().code() == Code::kInvalidRequest ? Status::invalid({std::move(issue)}) : text.status();
}

napi_value to_js(napi_env env, const Value& value) {
  napi_value out = nullptr;
  switch (value.kind()) {
    case Value::Kind::kNull:
    case Value::Kind::kSecret: napi_get_null(env, &out); break;
    case Value::Kind::kUndefined: napi_get_undefined(env, &out); break;
    case Value::Kind::kBool: napi_get_boolean(env, value.as_bool(), &out); break;
    case Value::Kind::kNumber: napi_create_double(env, value.as_number(), &out); break;
    case Value::Kind::kString:
      napi_create_string_utf8(env, value.as_string().data(), value.as_string().size(), &out);
      break;
    case Value::Kind::kArray: {
      const Value::Array& array = value.as_array();
      if (napi_create_array_with_length(env, array.size(), &out) != napi_ok) return nullptr;
      for (std::size_t i = 0; i < array.size(); ++i) {
        napi_handle_scope scope = nullptr;
        napi_open_handle_scope(env, &scope);
        if (const napi_value element = to_js(env, array[i]); element != nullptr) {
          napi_set_element(env, out, static_cast<std::uint32_t>(i), element);
        }
        napi_close_handle_scope(env, scope);
      }
      break;
    }
    case Value::Kind::kObject: {
      if (napi_create_object(env, &out) != napi_ok) return nullptr;
      for (const auto& [key, member] : value.as_object()) define_property(env, out, key, to_js(env, member));
      break;
    }
  }
  return out;
}

napi_value buffer_to_js(napi_env env, ByteView bytes) {
  napi_value out = nullptr;
  return napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, &out) == napi_ok ? out : nullptr;
}

// An assignment would obey a setter, a property that is frozen, or `__proto__`.
void define_property(napi_env env, napi_value object, std::string_view key, napi_value value) {
  if (value == nullptr) return;
  napi_property_descriptor property = {};
  property.value = value;
  property.attributes = napi_default_jsproperty;
  if (napi_create_string_utf8(env, key.data(), key.size(), &property.name) == napi_ok) {
    napi_define_properties(env, object, 1, &property);
  }
}

napi_value ok_envelope(napi_env env, napi_value value) {
  napi_value out = nullptr;
  napi_value ok = nullptr;
  if (napi_create_object(env, &out) != napi_ok || napi_get_boolean(env, true, &ok) != napi_ok) return nullptr;
  define_property(env, out, "ok", ok);
  define_property(env, out, "value", value);
  return out;
}

napi_value error_envelope(napi_env env, const Status& status) {
  Value::Object error{{"code", code_name(status.code())}, {"message", status.message()}};
  if (!status.detail().empty()) error.emplace_back("detail", status.detail());
  if (!status.issues().empty()) {
    Value::Array issues;
    for (const Issue& issue : status.issues()) {
      issues.emplace_back(Value::Object{{"path", issue.path}, {"code", issue.code}, {"message", issue.message}});
    }
    error.emplace_back("issues", std::move(issues));
  }
  return to_js(env, Value(Value::Object{{"ok", false}, {"error", Value(std::move(error))}}));
}

}  // namespace strongroom::addon
