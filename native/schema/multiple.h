// multipleOf, by the decimal value that the numbers are written with: 0.3 is a multiple of 0.1.
#ifndef STRONGROOM_SCHEMA_MULTIPLE_H_
#define STRONGROOM_SCHEMA_MULTIPLE_H_

namespace strongroom {

/// Whether the shortest decimal text of `value` is a whole multiple of that of `step`; exact, without allocation.
/// Both are finite, `step` is greater than 0.
bool is_multiple_of(double value, double step);

}  // namespace strongroom

#endif  // STRONGROOM_SCHEMA_MULTIPLE_H_
