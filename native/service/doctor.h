// Looks at a store and its surroundings without changing anything, and says what is wrong and what to do about it.
#ifndef STRONGROOM_SERVICE_DOCTOR_H_
#define STRONGROOM_SERVICE_DOCTOR_H_

#include "base/result.h"
#include "base/secure_heap.h"
#include "base/value.h"
#include "service/options.h"

namespace strongroom {

/// `{dir, checks: [{id, title, status: "ok" | "warning" | "problem", detail, suggestion?}]}`. Never prompts; reads the
/// whole database. Blocks: not for the JavaScript thread.
Result<Value> diagnose(const StrongroomOptions& options, const std::shared_ptr<SecureHeap>& heap);

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_DOCTOR_H_
