/* Arithmetic without libm. */
#include "geometry.h"

float bc_angle_deg(float x, float y)
{
    const float ax = bc_abs(x), ay = bc_abs(y), most = ax > ay ? ax : ay, least = ax > ay ? ay : ax;
    if (!(most > 0.0f))
        return 0.0f;
    /* Odd polynomial for the arc tangent of 0 to 1: Abramowitz and Stegun 4.4.49. */
    const float r = least / most, r2 = r * r;
    float deg = r * (0.9998660f + r2 * (-0.3302995f + r2 * (0.1801410f + r2 * (-0.0851330f + r2 * 0.0208351f))));
    deg *= 57.29578f;
    if (ay > ax)
        deg = 90.0f - deg;
    if (x < 0.0f)
        deg = 180.0f - deg;
    return y < 0.0f ? -deg : deg;
}

/* Cholesky: a = l l', then two triangular systems. */
bool bc_solve(double *a, double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * n;
        for (size_t j = 0; j <= i; j++) {
            const double *other = a + j * n;
            double sum = row[j];
            for (size_t k = 0; k < j; k++)
                sum -= row[k] * other[k];
            if (j < i)
                row[j] = sum / other[j];
            else if (sum > 1e-12)
                row[i] = __builtin_sqrt(sum);
            else
                return false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
    return true;
}
