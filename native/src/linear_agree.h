/* Whether two lines over a strip show the same bars: what tells bars from text and pictures before any is read. */
#ifndef BC_LINEAR_AGREE_H
#define BC_LINEAR_AGREE_H

#include "linear_profile.h"

/*
 * How well the slopes of two profiles of one pitch correlate between from and
 * to along their scans, 1 for the same and 0 for nothing in common; the best of
 * a few shifts against each other, since a strip's direction is not exact.
 */
float bc_profiles_agree(const bc_profile *a, const bc_profile *b, float from, float to);

#endif
