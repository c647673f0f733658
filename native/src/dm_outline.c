#include "dm_outline.h"

#include "geometry.h"

#include <string.h> /* memset */

#define SIDES_MAX 5u /* the two solid ones are among the longest */

/* A corner of the hull may lie this far off a straight side: px, and per px of the side's length. */
#define OFF_PX 0.8f
#define OFF_SHARE 0.012f

/* Sides of a symbol meet at angles whose sine is at least this: tilt by 35 degrees, and more, leaves 0.6. */
#define SINE_LEAST 0.5f

/* How far from its end, as a share of the shorter side, two sides may meet: the corner may be worn. */
#define GAP_SHARE 0.2f

#define OUTLINES_OF_A_PAIR 3u
#define TANGENT_SHARE 0.4f /* of a side: hull corners nearer to its end do not tell its direction */
#define SAME_SHARE 0.02f  /* of the shorter side: places nearer than that are one */
#define SHORT_LEAST 0.05f /* of the longest side's length: rectangles have 8 modules on 144, and half in perspective */
#define SOLID_LEAST 0.72f /* share of places along a solid side that are dark */
#define PLACES 24u        /* looked at along a side */
#define FEW 3u            /* one in so many of them is looked at first */
#define FEW_LEAST 0.5f    /* and more than this share of those is dark where all are worth it */
#define BULGE_PX 0.2f     /* that a hull is beyond the line between two of its corners to matter */

/* A straight piece of the hull, in its order. */
typedef struct {
    bc_point from, to;
    float length;
    uint32_t first, last; /* corners of the hull; last may be past the end and wrap round */
    enum { SOLID_UNKNOWN, SOLID, NOT_SOLID } solid; /* looked at when a side it meets makes it matter */
} side;

static float length_of(bc_point a, bc_point b)
{
    return bc_sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
}

static bc_point point_of(bc_hull_point p)
{
    return (bc_point){p.x, p.y};
}

/* Whether all corners between are near the line from corner i to corner j. */
static bool straight(const bc_hull_point *hull, uint32_t n, uint32_t i, uint32_t j)
{
    const bc_point a = point_of(hull[i]), b = point_of(hull[j % n]);
    const float length = length_of(a, b), most = OFF_PX + OFF_SHARE * length;
    if (!(length > 0.0f))
        return true;
    for (uint32_t k = i + 1; k < j; k++) {
        const bc_hull_point p = hull[k < n ? k : k - n];
        if (bc_abs((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)) > most * length)
            return false;
    }
    return true;
}

/* Whether a-b is longer than a length that is known by its square; then that becomes its own. */
static bool longer(bc_hull_point a, bc_hull_point b, float *square)
{
    const float here = (b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y);
    if (!(here > *square))
        return false;
    *square = here;
    return true;
}

/*
 * The longest straight pieces of the hull that share no edge, in the order of
 * their length.  One that reaches round a corner leaves the other less.
 */
static uint32_t find_sides(const bc_hull_point *hull, uint32_t n, side out[SIDES_MAX])
{
    uint32_t reach[BC_HULL_MAX], found = 0;
    bool taken[BC_HULL_MAX] = {false}; /* edges of the hull that are in one of the sides found */
    for (uint32_t i = 0; i < n; i++) {
        reach[i] = i + 1;
        while (reach[i] < i + n - 1 && straight(hull, n, i, reach[i] + 1))
            reach[i]++;
    }
    while (found < SIDES_MAX) {
        uint32_t first = 0, end = 0;
        float square = 0.0f;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t last = i;
            while (last < reach[i] && !taken[last < n ? last : last - n])
                last++;
            if (last > i && longer(hull[i], hull[last < n ? last : last - n], &square)) {
                first = i;
                end = last;
            }
        }
        if (end == 0)
            break;
        for (uint32_t k = first; k < end; k++)
            taken[k % n] = true;
        out[found++] = (side){point_of(hull[first]), point_of(hull[end % n]), bc_sqrt(square), first, end, SOLID_UNKNOWN};
    }
    return found;
}

/* Where the lines of two sides meet; false when they are nearly parallel. */
static bool meet(bc_point a, bc_point b, bc_point c, bc_point d, bc_point *at)
{
    const float ux = b.x - a.x, uy = b.y - a.y, vx = d.x - c.x, vy = d.y - c.y;
    const float cross = ux * vy - uy * vx;
    const float size = bc_sqrt((ux * ux + uy * uy) * (vx * vx + vy * vy));
    if (!(bc_abs(cross) > 0.2f * size))
        return false;
    const float t = ((c.x - a.x) * vy - (c.y - a.y) * vx) / cross;
    *at = (bc_point){a.x + t * ux, a.y + t * uy};
    return true;
}

/*
 * How far the hull reaches beyond the line a-b, about that of side s, at PLACES along
 * it: print that is a line and a half wide has no straight line inside it.
 */
static void find_bulges(const bc_hull_point *hull, uint32_t n, const side *s, bc_point a, bc_point b,
                        float bulge[PLACES])
{
    const float length = length_of(a, b), ux = (b.x - a.x) / length, uy = (b.y - a.y) / length;
    const float to_places = (float)PLACES / length;
    float from = 0.0f, here = 0.0f;
    memset(bulge, 0, PLACES * sizeof *bulge);
    for (uint32_t i = s->first; s->last > s->first + 1 && i <= s->last; i++) {
        const bc_hull_point p = hull[i % n];
        const float to = (p.x - a.x) * ux + (p.y - a.y) * uy, there = (p.y - a.y) * ux - (p.x - a.x) * uy;
        if (i > s->first && to > from && (here > BULGE_PX || there > BULGE_PX))
            for (uint32_t k = (uint32_t)(bc_clamp(from, 0.0f, length) * to_places + 0.5f);
                 k < PLACES && (float)k + 0.5f < to * to_places; k++)
                bulge[k] = here + (there - here) * (((float)k + 0.5f) / to_places - from) / (to - from);
        from = to;
        here = there;
    }
}

/* Whether the line a-b lies inside the image, and so far to either side. */
static bool is_within(const bc_grey *image, bc_point a, bc_point b, float x, float y)
{
    return bc_grey_inside(image, a.x + x, a.y + y) && bc_grey_inside(image, b.x + x, b.y + y) &&
           bc_grey_inside(image, a.x - x, a.y - y) && bc_grey_inside(image, b.x - x, b.y - y);
}

/* Where a side is looked at. */
typedef struct {
    bc_point a, b;
    float nx, ny;  /* unit vector into the hull: to the left of the side's direction in the image, as hulls run */
    float inset;   /* px that what is inside is from the line, and what is outside */
    const float *bulge;
    bool within;   /* none of it is near the image's border */
} line;

/*
 * Share of the places along a line, every `step`-th of them, that are dark
 * inside, against what lies outside.
 */
static float dark_share(const bc_scene *scene, const line *l, uint32_t step)
{
    float inside[PLACES], outside = 0.0f, least = 1e9f;
    uint32_t n = 0, dark = 0;
    for (uint32_t i = step / 2; i < PLACES; i += step) {
        const float t = ((float)i + 0.5f) / (float)PLACES, in = l->inset - l->bulge[i], out = l->inset + l->bulge[i];
        const bc_point p = {l->a.x + t * (l->b.x - l->a.x), l->a.y + t * (l->b.y - l->a.y)};
        const bc_point dim = {p.x + in * l->nx, p.y + in * l->ny}, lit = {p.x - out * l->nx, p.y - out * l->ny};
        inside[n] = scene->sign * (l->within ? bc_grey_inner(scene->image, dim.x, dim.y)
                                             : bc_grey_at(scene->image, dim.x, dim.y));
        outside += l->within ? bc_grey_inner(scene->image, lit.x, lit.y) : bc_grey_at(scene->image, lit.x, lit.y);
        least = inside[n] < least ? inside[n] : least;
        n++;
    }
    outside *= scene->sign / (float)n;
    const float level = 0.5f * (least + outside);
    for (uint32_t i = 0; i < n; i++)
        dark += inside[i] < level;
    return outside - least > 10.0f ? (float)dark / (float)n : 0.0f;
}

/* Whether a side is dark `inset` px inside the hull; a few places tell of most that are not. */
static bool is_dark(const bc_scene *scene, bc_point a, bc_point b, const float bulge[PLACES], float inset)
{
    const float length = length_of(a, b), nx = (b.y - a.y) / length, ny = -(b.x - a.x) / length;
    float most = 0.0f;
    for (uint32_t i = 0; i < PLACES; i++)
        most = bc_abs(bulge[i]) > most ? bc_abs(bulge[i]) : most;
    const line l = {a, b, nx, ny, inset, bulge,
                    is_within(scene->image, a, b, nx * (inset + most), ny * (inset + most))};
    return dark_share(scene, &l, FEW) > FEW_LEAST && dark_share(scene, &l, 1) >= SOLID_LEAST;
}

/* Whether the line a-b, about that of side s, is dark half a module inside: from 1/20 to 1/288 of its length. */
static bool is_solid(const bc_scene *scene, const bc_hull_point *hull, uint32_t n, const side *s, bc_point a,
                     bc_point b)
{
    static const float share[] = {0.004f, 0.01f, 0.025f};
    const float length = length_of(a, b);
    float before = 0.0f, bulge[PLACES];
    if (!(length > 0.0f))
        return false;
    find_bulges(hull, n, s, a, b, bulge);
    for (size_t i = 0; i < sizeof share / sizeof share[0]; i++) {
        const float inset = bc_clamp(share[i] * length, 0.7f, 3.0f);
        if (inset > before && is_dark(scene, a, b, bulge, inset))
            return true;
        before = inset;
    }
    return false;
}

/* The corner of the hull that is farthest from the line a-b, on its inner side. */
static bc_point farthest(const bc_hull_point *hull, uint32_t n, bc_point a, bc_point b)
{
    float most = -1.0f;
    bc_point at = a;
    for (uint32_t i = 0; i < n; i++) {
        const float far = bc_abs((b.x - a.x) * (hull[i].y - a.y) - (b.y - a.y) * (hull[i].x - a.x));
        if (far > most) {
            most = far;
            at = point_of(hull[i]);
        }
    }
    return at;
}

/*
 * The side opposite to a solid one: the hull's own straight piece there if it is
 * long and turned alike, otherwise the parallel through the farthest corner.
 */
static void opposite(const bc_hull_point *hull, uint32_t n, const side *sides, uint32_t side_n, const side *solid_one,
                     const side *other, bc_point *a, bc_point *b)
{
    const float ux = solid_one->to.x - solid_one->from.x, uy = solid_one->to.y - solid_one->from.y;
    for (uint32_t i = 0; i < side_n; i++) {
        const side *s = &sides[i];
        const float vx = s->to.x - s->from.x, vy = s->to.y - s->from.y;
        if (s == solid_one || s == other || s->length < 0.5f * solid_one->length)
            continue;
        if (ux * vx + uy * vy < -0.9f * s->length * solid_one->length) {
            *a = s->from;
            *b = s->to;
            return;
        }
    }
    *a = farthest(hull, n, solid_one->from, solid_one->to);
    *b = (bc_point){a->x - ux, a->y - uy};
}

/* Whether two sides meet as the left and the bottom one of a symbol do, and where. */
static bool make_corner(const side *left, const side *bottom, bc_point *corner)
{
    const float shorter = left->length < bottom->length ? left->length : bottom->length;
    const float cross = (left->to.x - left->from.x) * (bottom->to.y - bottom->from.y) -
                        (left->to.y - left->from.y) * (bottom->to.x - bottom->from.x);
    /* Hulls run down the left side first, so that they turn to the left in the image. */
    return -cross >= SINE_LEAST * left->length * bottom->length &&
           length_of(left->to, bottom->from) <= GAP_SHARE * shorter + 3.0f &&
           meet(left->from, left->to, bottom->from, bottom->to, corner);
}

static bool side_is_solid(const bc_scene *scene, const bc_hull_point *hull, uint32_t n, side *s, float longest)
{
    if (s->solid == SOLID_UNKNOWN)
        s->solid = s->length > SHORT_LEAST * longest && is_solid(scene, hull, n, s, s->from, s->to) ? SOLID : NOT_SOLID;
    return s->solid == SOLID;
}

/* Sides i and j, which meet in a corner, as the left and the bottom one of a symbol; false when they are not. */
static bool outline_of(const bc_scene *scene, const bc_hull_point *hull, uint32_t n, const side *sides,
                       uint32_t side_n, uint32_t i, uint32_t j, bc_point corner, bc_dm_outline *out)
{
    const side *left = &sides[i], *bottom = &sides[j];
    bc_point t1, t2, r1, r2;
    opposite(hull, n, sides, side_n, bottom, left, &t1, &t2);
    opposite(hull, n, sides, side_n, left, bottom, &r1, &r2);
    if (!meet(left->from, left->to, t1, t2, &out->top_left) ||
        !meet(bottom->from, bottom->to, r1, r2, &out->bottom_right) ||
        !meet(t1, t2, r1, r2, &out->top_right))
        return false;
    out->bottom_left = corner;
    return is_solid(scene, hull, n, left, out->top_left, corner) &&
           is_solid(scene, hull, n, bottom, corner, out->bottom_right);
}

/*
 * The same corner with the far one where it would be in a picture without
 * perspective: the hull misses it where modules there do not touch the others.
 * False when that is about the same place.
 */
static bool flattened(const side *left, const side *bottom, const bc_dm_outline *o, bc_dm_outline *out)
{
    const bc_point a = left->from, b = bottom->to, c = o->bottom_left;
    *out = (bc_dm_outline){a, c, b, {a.x + b.x - c.x, a.y + b.y - c.y}};
    const float near = SAME_SHARE * (left->length < bottom->length ? left->length : bottom->length);
    return length_of(out->top_right, o->top_right) > near || length_of(a, o->top_left) > near ||
           length_of(b, o->bottom_right) > near;
}

/* The corner of the hull, not near `from`, that is farthest out as seen from there; `along` is about where to. */
static bc_point outermost(const bc_hull_point *hull, uint32_t n, bc_point from, bc_point along, bc_point inside)
{
    const float far = TANGENT_SHARE * length_of(from, along), ux = along.x - from.x, uy = along.y - from.y;
    const float in = ux * (inside.y - from.y) - uy * (inside.x - from.x) > 0.0f ? 1.0f : -1.0f;
    bc_point best = inside;
    for (uint32_t i = 0; i < n; i++) {
        const bc_point p = point_of(hull[i]);
        if (length_of(from, p) >= far &&
            in * ((best.x - from.x) * (p.y - from.y) - (best.y - from.y) * (p.x - from.x)) < 0.0f)
            best = p;
    }
    return best;
}

/*
 * The same corner with the far one where tangents of the hull from the other two
 * ends meet: its dotted sides may show no straight piece.  False when that is
 * about the same place as in an outline known.
 */
static bool tangent(const bc_hull_point *hull, uint32_t n, const side *left, const side *bottom,
                    const bc_dm_outline *o, const bc_dm_outline *flat, bc_dm_outline *out)
{
    const bc_point a = left->from, b = bottom->to, c = o->bottom_left;
    *out = (bc_dm_outline){a, c, b, a};
    if (!meet(a, outermost(hull, n, a, flat->top_right, c), b, outermost(hull, n, b, flat->top_right, c),
              &out->top_right))
        return false;
    const float near = SAME_SHARE * (left->length < bottom->length ? left->length : bottom->length);
    return length_of(out->top_right, flat->top_right) > near &&
           (length_of(out->top_right, o->top_right) > near || length_of(a, o->top_left) > near ||
            length_of(b, o->bottom_right) > near);
}

/* Adds what two sides may be the left and the bottom one of. */
static uint32_t add_outlines(const bc_scene *scene, const bc_hull_point *hull, uint32_t n, side *sides,
                             uint32_t side_n, uint32_t i, uint32_t j, bc_dm_outline *out)
{
    bc_point corner;
    if (!make_corner(&sides[i], &sides[j], &corner) || !side_is_solid(scene, hull, n, &sides[i], sides[0].length) ||
        !side_is_solid(scene, hull, n, &sides[j], sides[0].length) ||
        !outline_of(scene, hull, n, sides, side_n, i, j, corner, out))
        return 0;
    bc_dm_outline flat;
    uint32_t found = 1;
    if (flattened(&sides[i], &sides[j], out, &flat))
        out[found++] = flat;
    found += tangent(hull, n, &sides[i], &sides[j], out, &flat, &out[found]);
    return found;
}

uint32_t bc_dm_outlines(const bc_scene *scene, const bc_hull_point *hull, uint32_t n,
                        bc_dm_outline out[BC_DM_OUTLINES_MAX])
{
    side sides[SIDES_MAX];
    if (n < 4)
        return 0;
    const uint32_t side_n = find_sides(hull, n, sides);
    uint32_t found = 0;
    for (uint32_t sum = 1; sum < 2 * side_n; sum++) /* the longest first */
        for (uint32_t i = 0; i < side_n && i <= sum; i++) {
            const uint32_t j = sum - i;
            if (i != j && j < side_n && found + OUTLINES_OF_A_PAIR <= BC_DM_OUTLINES_MAX)
                found += add_outlines(scene, hull, n, sides, side_n, i, j, &out[found]);
        }
    return found;
}
