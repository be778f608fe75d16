#include "schema/pattern.h"

#include <algorithm>
#include <string>
#include <utility>

namespace strongroom {
namespace {

constexpr std::uint32_t kQuickLimit = 32;           // steps from each starting place in the first attempt
constexpr std::uint32_t kQuickAnchoredLimit = 256;  // the same where there is only one
constexpr std::uint32_t kFirstLimit = 16;           // then growing by kGrowth from here
constexpr std::uint32_t kGrowth = 4;
// A pattern with a lookaround or a backreference may read the whole text in one uncounted step.
constexpr std::size_t kCostlyStepMaxText = 8192;
constexpr std::size_t kCostlyStepBytes = 256;

Status pattern_error(const char* detail, std::string message) {
  return Status(Code::kInvalidSchema, std::move(message)).with_detail(detail);
}

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

bool is_limit(int rc) {
  return rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT ||
         rc == PCRE2_ERROR_NOMEMORY;
}

}  // namespace

Matcher::Matcher(const SchemaLimits& limits)
    : data_(pcre2_match_data_create(1, nullptr)), context_(pcre2_match_context_create(nullptr)) {
  if (context_ == nullptr) return;
  pcre2_set_depth_limit(context_.get(), limits.match_depth);
  pcre2_set_heap_limit(context_.get(), limits.match_heap_kib);
}

MatcherPool::~MatcherPool() {
  for (auto& slot : kept_) std::unique_ptr<Matcher>(slot.exchange(nullptr));
}

std::unique_ptr<Matcher> MatcherPool::take(const SchemaLimits& limits) {
  for (auto& slot : kept_) {
    if (Matcher* matcher = slot.exchange(nullptr, std::memory_order_acquire)) return std::unique_ptr<Matcher>(matcher);
  }
  return std::make_unique<Matcher>(limits);
}

void MatcherPool::give_back(std::unique_ptr<Matcher> matcher) {
  for (auto& slot : kept_) {
    Matcher* expected = nullptr;
    if (slot.compare_exchange_strong(expected, matcher.get(), std::memory_order_release, std::memory_order_relaxed)) {
      (void)matcher.release();
      return;
    }
  }
}

Result<Pattern> Pattern::compile(std::string_view ecma_source, const SchemaLimits& limits) {
  EcmaRegex regex = translate_ecma_regex(ecma_source, limits.pattern_length);
  if (regex.verdict == EcmaRegex::Verdict::kInvalid) {
    return pattern_error("invalid_pattern", "not an ECMAScript pattern: " + regex.problem);
  }
  if (regex.verdict == EcmaRegex::Verdict::kUnsupported) {
    return pattern_error("unsupported_pattern", "an unsupported pattern: " + regex.problem);
  }
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> context(pcre2_compile_context_create(nullptr));
  if (context == nullptr) return pattern_error("unsupported_pattern", "no memory for the pattern");
  pcre2_set_compile_extra_options(context.get(), 0);
  int error = 0;
  PCRE2_SIZE offset = 0;
  Pattern pattern;
  pattern.costly_step_ = regex.costly_step;
  pattern.linear_ = regex.linear;
  pattern.steps_ = std::move(regex.steps);
  pattern.code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(regex.pcre.data()), regex.pcre.size(),
                                    PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |
                                        PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP | PCRE2_NO_AUTO_POSSESS,
                                    &error, &offset, context.get()));
  if (pattern.code_ == nullptr) {
    std::array<PCRE2_UCHAR, 128> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return pattern_error("unsupported_pattern",
                         std::string("an unsupported pattern: ") + reinterpret_cast<const char*>(text.data()));
  }
  std::uint32_t options = 0;
  pcre2_pattern_info(pattern.code_.get(), PCRE2_INFO_ALLOPTIONS, &options);
  pattern.anchored_ = (options & PCRE2_ANCHORED) != 0;
  return pattern;
}

std::size_t Pattern::size() const {
  std::size_t size = 0;
  pcre2_pattern_info(code_.get(), PCRE2_INFO_SIZE, &size);
  return size;
}

Pattern::Outcome Pattern::search(std::string_view text, MatcherPool& pool, const SchemaLimits& limits,
                                 std::uint64_t& steps) const {
  if (linear_) {
    steps += 1 + text.size() / 8;
    return matches_steps(steps_, text) ? Outcome::kMatch : Outcome::kNoMatch;
  }
  if (costly_step_ && text.size() > kCostlyStepMaxText) return Outcome::kTooCostly;
  std::unique_ptr<Matcher> matcher = pool.take(limits);
  if (!matcher->ok()) return Outcome::kTooCostly;
  const std::uint32_t quick = std::min(anchored_ ? kQuickAnchoredLimit : kQuickLimit, limits.match_limit);
  pcre2_set_match_limit(matcher->context_.get(), quick);
  const int rc = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0,
                             matcher->data_.get(), matcher->context_.get());
  steps += kQuickLimit + (anchored_ ? text.size() / 8 : text.size());
  if (rc >= 0 || !is_limit(rc)) {
    pool.give_back(std::move(matcher));
    return rc >= 0 ? Outcome::kMatch : Outcome::kNoMatch;
  }
  // This matcher may hold much memory afterwards: it is not kept.
  return search_slowly(text, *matcher, limits, steps);
}

Pattern::Outcome Pattern::search_slowly(std::string_view text, Matcher& matcher, const SchemaLimits& limits,
                                        std::uint64_t& steps) const {
  std::uint64_t budget = limits.match_limit;
  if (costly_step_) budget /= 1 + text.size() / kCostlyStepBytes;
  budget += anchored_ ? 0 : text.size() * (kFirstLimit / kGrowth);
  std::uint64_t spent = 0;
  Outcome outcome = Outcome::kNoMatch;
  for (std::size_t start = 0; start <= text.size(); ++start) {
    if (start < text.size() && (static_cast<std::uint8_t>(text[start]) & 0xC0U) == 0x80U) continue;
    int rc = PCRE2_ERROR_NOMATCH;
    for (std::uint64_t limit = kFirstLimit;; limit *= kGrowth) {
      const std::uint64_t left = spent < budget ? budget - spent : 0;
      const auto allowed = static_cast<std::uint32_t>(std::min(limit, left));
      pcre2_set_match_limit(matcher.context_.get(), allowed);
      rc = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), start,
                       PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, matcher.data_.get(), matcher.context_.get());
      spent += rc == PCRE2_ERROR_MATCHLIMIT ? allowed : limit / kGrowth;
      if (rc != PCRE2_ERROR_MATCHLIMIT || allowed < limit) break;
    }
    if (rc >= 0) {
      outcome = Outcome::kMatch;
      break;
    }
    if (is_limit(rc)) {
      outcome = Outcome::kTooCostly;
      break;
    }
    if (anchored_) break;
  }
  steps += spent;
  return outcome;
}

}  // namespace strongroom
