#include "base/value.h"

#include <algorithm>
#include <unordered_set>

#include <nlohmann/json.hpp>

namespace strongroom {
namespace {

using nlohmann::json;

/// Builds a Value from parser events, counting as it goes: hostile text is refused while it is read, not after it
/// has been built.
class ValueBuilder : public json::json_sax_t {
 public:
  explicit ValueBuilder(const MessageLimits& limits) : limits_(limits) {}

  Status status;

  bool null() override { return add(Value()); }
  bool boolean(bool value) override { return add(Value(value)); }
  bool number_integer(number_integer_t value) override { return add(Value(static_cast<double>(value))); }
  bool number_unsigned(number_unsigned_t value) override { return add(Value(static_cast<double>(value))); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return add(Value(value)); }
  bool string(string_t& value) override {
    bytes_ += value.size();
    return add(Value(std::move(value)));
  }
  bool binary(binary_t& /*value*/) override { return fail(Code::kInvalidRequest, "binary data is not JSON"); }
  bool start_object(std::size_t /*size*/) override { return open(Value(Value::Object())); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t /*size*/) override { return open(Value(Value::Array())); }
  bool end_array() override { return close(); }
  bool key(string_t& key) override {
    bytes_ += key.size();
    if (!keys_.back().insert(key).second) return fail(Code::kInvalidRequest, "an object has a key twice");
    stack_.back().first = std::move(key);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/, const json::exception& /*error*/) override {
    return fail(Code::kInvalidRequest, "not JSON at byte " + std::to_string(position));
  }

  Value take() { return std::move(root_); }

 private:
  bool fail(Code code, std::string message) {
    if (status.ok()) status = Status(code, std::move(message));
    return false;
  }

  bool count() {
    values_ += 1;
    bytes_ += 8;
    if (values_ > limits_.values) return fail(Code::kLimitExceeded, "the message has too many values");
    if (bytes_ > limits_.bytes) return fail(Code::kLimitExceeded, "the message is too large");
    return true;
  }

  bool place(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (auto& [key, parent] = stack_.back(); parent.is(Value::Kind::kArray)) {
      parent.as_array().push_back(std::move(value));
    } else {
      parent.as_object().emplace_back(std::move(key), std::move(value));
    }
    return true;
  }

  bool add(Value value) { return count() && place(std::move(value)); }

  bool open(Value container) {
    if (!count()) return false;
    if (stack_.size() >= limits_.depth) return fail(Code::kLimitExceeded, "the message is nested too deeply");
    stack_.emplace_back(std::string(), std::move(container));
    keys_.emplace_back();
    return true;
  }

  bool close() {
    Value done = std::move(stack_.back().second);
    stack_.pop_back();
    keys_.pop_back();
    return place(std::move(done));
  }

  MessageLimits limits_;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
  Value root_;
  std::vector<std::pair<std::string, Value>> stack_;  // the pending key of each open object, and the container
  std::vector<std::unordered_set<std::string>> keys_;
};

/// Keeps the members in their order.
using OrderedJson = nlohmann::ordered_json;

OrderedJson to_nlohmann(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
    case Value::Kind::kUndefined:
    case Value::Kind::kSecret: return nullptr;
    case Value::Kind::kBool: return value.as_bool();
    case Value::Kind::kNumber: {
      const double number = value.as_number();
      // Whole numbers are written without a fraction, as JavaScript does; the cast is exact in this range.
      if (number >= -9007199254740991.0 && number <= 9007199254740991.0) {
        const auto whole = static_cast<std::int64_t>(number);
        if (static_cast<double>(whole) == number) return whole;
      }
      return number;
    }
    case Value::Kind::kString: return value.as_string();
    case Value::Kind::kArray: {
      OrderedJson array = OrderedJson::array();
      for (const Value& element : value.as_array()) array.push_back(to_nlohmann(element));
      return array;
    }
    case Value::Kind::kObject: {
      // Straight into the underlying vector: by key, each insertion would search all of it.
      OrderedJson object = OrderedJson::object();
      auto& members = static_cast<OrderedJson::object_t::Container&>(object.get_ref<OrderedJson::object_t&>());
      for (const auto& [key, member] : value.as_object()) {
        if (!member.is(Value::Kind::kUndefined)) members.emplace_back(key, to_nlohmann(member));
      }
      return object;
    }
  }
  return nullptr;
}

}  // namespace

Value Value::undefined() {
  Value value;
  value.data_ = Undefined{};
  return value;
}

Value Value::secret(SecretText text) {
  Value value;
  value.data_ = std::make_shared<const SecretText>(std::move(text));
  return value;
}

const Value* Value::find(std::string_view key) const {
  if (!is(Kind::kObject)) return nullptr;
  for (const auto& [name, value] : as_object()) {
    if (name == key) return value.is(Kind::kUndefined) ? nullptr : &value;
  }
  return nullptr;
}

bool Value::contains_secret() const {
  if (is(Kind::kSecret)) return true;
  if (is(Kind::kArray)) return std::ranges::any_of(as_array(), [](const Value& v) { return v.contains_secret(); });
  if (is(Kind::kObject)) {
    return std::ranges::any_of(as_object(), [](const Member& m) { return m.second.contains_secret(); });
  }
  return false;
}

Result<Value> parse_json(std::string_view text, const MessageLimits& limits) {
  // The parser would take a NUL for the end of the text and never see what follows.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Status(Code::kInvalidRequest, "not JSON at byte " + std::to_string(nul + 1));
  }
  ValueBuilder builder(limits);
  const bool parsed = json::sax_parse(text.begin(), text.end(), &builder);
  if (!builder.status.ok()) return builder.status;
  if (!parsed) return Status(Code::kInvalidRequest, "not JSON");
  return builder.take();
}

std::string to_json(const Value& value) {
  return to_nlohmann(value).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string pointer_child(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out += '/';
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string pointer_child(std::string_view pointer, std::size_t index) {
  return pointer_child(pointer, std::string_view(std::to_string(index)));
}

}  // namespace strongroom
