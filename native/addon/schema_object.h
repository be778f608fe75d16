// A compiled JSON Schema as a JavaScript object with `validate(value)`.
#ifndef STRONGROOM_ADDON_SCHEMA_OBJECT_H_
#define STRONGROOM_ADDON_SCHEMA_OBJECT_H_

#include <napi.h>

#include <optional>

#include "addon/environment.h"
#include "schema/schema.h"

namespace strongroom::addon {

class SchemaObject : public Napi::ObjectWrap<SchemaObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit SchemaObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value validate(const Napi::CallbackInfo& info);

  std::optional<Schema> schema_;
};

/// `compileSchema(schema)`: an envelope with a SchemaObject.
Napi::Value compile_schema(const Napi::CallbackInfo& info);

}  // namespace strongroom::addon

#endif  // STRONGROOM_ADDON_SCHEMA_OBJECT_H_
