/* Angles without the mathematics library, whose last digits differ between systems. */
#ifndef BC_ANGLE_H
#define BC_ANGLE_H

/*
 * The angle of the vector x, y in degrees, from the x axis towards y, -180 to
 * 180; 0 for no vector.  Right to 0.001 degrees: the polynomial for the
 * arctangent is Hastings' (Approximations for Digital Computers, 1955, sheet 13).
 */
static inline float bc_angle_deg(float x, float y)
{
    const float ax = __builtin_fabsf(x), ay = __builtin_fabsf(y);
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

#endif
