#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "schema/program.h"

namespace strongroom {
namespace {

constexpr std::size_t kMaxGuides = 20000;
constexpr std::size_t kMaxWork = 4'000'000;  // schemas looked at, over all guides

using NodeSet = std::vector<const SchemaNode*>;  // sorted, without repetition

void add_all(std::vector<const SchemaNode*>& to, const std::vector<const SchemaNode*>& nodes) {
  to.insert(to.end(), nodes.begin(), nodes.end());
}

/// Every schema that may apply at the place where those of `nodes` do. `not` never makes a value valid, and what it
/// says about writeOnly means nothing.
NodeSet close_over(NodeSet nodes) {
  NodeSet all;
  while (!nodes.empty()) {
    const SchemaNode* node = nodes.back();
    nodes.pop_back();
    if (node == nullptr) continue;
    const auto place = std::lower_bound(all.begin(), all.end(), node);
    if (place != all.end() && *place == node) continue;
    all.insert(place, node);
    nodes.push_back(node->ref);
    if (node->logic != nullptr) {
      add_all(nodes, node->logic->all_of);
      add_all(nodes, node->logic->any_of);
      add_all(nodes, node->logic->one_of);
      nodes.push_back(node->logic->condition);
      nodes.push_back(node->logic->consequence);
      nodes.push_back(node->logic->alternative);
    }
    if (node->object != nullptr) {
      for (const DependentSchema& dependent : node->object->dependent_schemas) nodes.push_back(dependent.node);
    }
  }
  return all;
}

void add_member(const SchemaNode& node, std::string_view key, bool known, NodeSet& to) {
  if (node.object == nullptr) return;
  bool listed = false;
  if (const PropertyRule* property = known ? find_property(*node.object, key) : nullptr) {
    listed = true;
    to.push_back(property->node);
  }
  for (const PatternProperty& pattern : node.object->patterns) to.push_back(pattern.node);
  if (!listed) to.push_back(node.object->additional);
}

void add_element(const SchemaNode& node, std::size_t index, NodeSet& to) {
  if (node.array == nullptr) return;
  to.push_back(index < node.array->prefix.size() ? node.array->prefix[index] : node.array->rest);
  to.push_back(node.array->contains);
}

}  // namespace

const WriteOnlyGuide* WriteOnlyGuide::member(std::string_view key) const {
  const auto found = std::lower_bound(members_.begin(), members_.end(), key,
                                      [](const Named& named, std::string_view wanted) { return named.key < wanted; });
  return found != members_.end() && found->key == key ? found->guide : other_members_;
}

const WriteOnlyGuide* WriteOnlyGuide::element(std::size_t index) const {
  return index < elements_.size() ? elements_[index] : other_elements_;
}

// Places are sets of schemas that apply there (the subset construction); places with the same set are one guide, which
// is what makes recursion end. Guides from which no writeOnly can be reached are then cut.
Result<const WriteOnlyGuide*> GuideBuilder::build(const SchemaNode& root, std::deque<WriteOnlyGuide>& guides) {
  std::map<NodeSet, WriteOnlyGuide*> known;
  std::vector<std::pair<const NodeSet*, WriteOnlyGuide*>> pending;
  bool too_many = false;
  std::size_t work = 0;
  const auto guide_for = [&](NodeSet nodes) -> WriteOnlyGuide* {
    work += 1 + nodes.size();
    nodes = close_over(std::move(nodes));
    work += nodes.size();
    too_many = too_many || work > kMaxWork;
    if (nodes.empty() || too_many) return nullptr;
    const auto [entry, added] = known.try_emplace(std::move(nodes), nullptr);
    if (added) {
      if (guides.size() >= kMaxGuides) {
        too_many = true;
        return nullptr;
      }
      entry->second = &guides.emplace_back();
      pending.emplace_back(&entry->first, entry->second);
    }
    return entry->second;
  };

  const WriteOnlyGuide* first = guide_for({&root});
  while (!pending.empty() && !too_many) {
    const auto [nodes, guide] = pending.back();
    pending.pop_back();
    guide->here_ = std::any_of(nodes->begin(), nodes->end(), [](const SchemaNode* node) { return node->write_only; });
    if (guide->here_) {  // all that lies inside is writeOnly as well
      guide->other_members_ = guide;
      guide->other_elements_ = guide;
      continue;
    }
    std::vector<std::string_view> keys;
    std::size_t prefix = 0;
    for (const SchemaNode* node : *nodes) {
      if (node->object != nullptr) {
        for (const PropertyRule& property : node->object->properties) keys.push_back(property.key);
      }
      if (node->array != nullptr) prefix = std::max(prefix, node->array->prefix.size());
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (const std::string_view key : keys) {
      work += nodes->size();
      if (too_many || work > kMaxWork) break;
      NodeSet below;
      for (const SchemaNode* node : *nodes) add_member(*node, key, true, below);
      guide->members_.push_back({key, guide_for(std::move(below))});
    }
    NodeSet others;
    for (const SchemaNode* node : *nodes) add_member(*node, {}, false, others);
    guide->other_members_ = guide_for(std::move(others));
    for (std::size_t i = 0; i < prefix; ++i) {
      NodeSet below;
      for (const SchemaNode* node : *nodes) add_element(*node, i, below);
      guide->elements_.push_back(guide_for(std::move(below)));
    }
    NodeSet rest;
    for (const SchemaNode* node : *nodes) add_element(*node, prefix, rest);
    guide->other_elements_ = guide_for(std::move(rest));
  }
  if (too_many || work > kMaxWork)
    return Status(Code::kLimitExceeded, "the schema combines too many places for writeOnly");

  // Backwards from what is writeOnly to all that leads there.
  std::map<const WriteOnlyGuide*, std::vector<const WriteOnlyGuide*>> leads_to;
  std::vector<const WriteOnlyGuide*> reached;
  for (const WriteOnlyGuide& guide : guides) {
    const auto link = [&](const WriteOnlyGuide* below) {
      if (below != nullptr) leads_to[below].push_back(&guide);
    };
    for (const auto& named : guide.members_) link(named.guide);
    for (const WriteOnlyGuide* element : guide.elements_) link(element);
    link(guide.other_members_);
    link(guide.other_elements_);
    if (guide.here_) reached.push_back(&guide);
  }
  std::vector<const WriteOnlyGuide*> useful;
  while (!reached.empty()) {
    const WriteOnlyGuide* guide = reached.back();
    reached.pop_back();
    const auto place = std::lower_bound(useful.begin(), useful.end(), guide);
    if (place != useful.end() && *place == guide) continue;
    useful.insert(place, guide);
    const auto from = leads_to.find(guide);
    if (from != leads_to.end()) reached.insert(reached.end(), from->second.begin(), from->second.end());
  }
  const auto cut = [&](const WriteOnlyGuide*& guide) {
    if (!std::binary_search(useful.begin(), useful.end(), guide)) guide = nullptr;
  };
  for (WriteOnlyGuide& guide : guides) {
    for (auto& named : guide.members_) cut(named.guide);
    for (const WriteOnlyGuide*& element : guide.elements_) cut(element);
    cut(guide.other_members_);
    cut(guide.other_elements_);
  }
  cut(first);
  return first;
}

}  // namespace strongroom
