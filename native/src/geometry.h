/* Small arithmetic on floats that libm would be needed for otherwise, and the square systems of least squares. */
#ifndef BC_GEOMETRY_H
#define BC_GEOMETRY_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */

static inline float bc_abs(float x)
{
    return x < 0.0f ? -x : x;
}

/* x within low and high; NaN becomes low. */
static inline float bc_clamp(float x, float low, float high)
{
    return x > low ? (x < high ? x : high) : low;
}

/* Compiles to one instruction: -fno-math-errno. */
static inline float bc_sqrt(float x)
{
    return __builtin_sqrtf(x);
}

/*
 * The angle of the vector x, y in degrees, from the x axis towards y, -180 to
 * 180; 0 for no vector.  Right to 0.001 degrees: the polynomial for the
 * arctangent is Hastings' (Approximations for Digital Computers, 1955, sheet 13).
 */
float bc_angle_deg(float x, float y);

/*
 * Solves the symmetric positive system a x = b of n unknowns in place: row i of
 * a begins at a + i * n, only j <= i is looked at, and x replaces b.  False
 * when a is not positive definite.
 */
bool bc_solve(double *a, double *b, size_t n);

#endif
