/* Arithmetic without libm. */
#include "geometry.h"

float bc_angle_deg(float x, float y)
{
    const float ax = bc_abs(x), ay = bc_abs(y);
    const float longer = ax > ay ? ax : ay, shorter = ax > ay ? ay : ax;
    if (!(longer > 0.0f))
        return 0.0f;
    const float z = shorter / longer, s = z * z;
    float angle = z * (0.99997726f + s * (-0.33262347f + s * (0.19354346f + s * (-0.11643287f +
                  s * (0.05265332f + s * -0.01172120f)))));
    angle *= 57.29577951f;
    if (ay > ax)
        angle = 90.0f - angle;
    if (x < 0.0f)
        angle = 180.0f - angle;
    return y < 0.0f ? -angle : angle;
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
