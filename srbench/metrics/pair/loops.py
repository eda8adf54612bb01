"""SSIM's inner loop: sums and differences of the two images, blurred row by row without storing whole planes.

With p = x + y and q = x - y, four blurred planes replace five: μx² + μy² = (μp² + μq²) / 2, 2·μx·μy = (μp² - μq²) / 2,
and likewise the second moments. For similar images q is small, so that cancellation loses little precision.
"""

from typing import Any

import numpy as np

from srbench.parallel import REASSOCIATED, compiled

TAPS = 11
"""Length of SSIM's window in pixels."""

_COLUMNS = 512
"""Strip width in pixels: eleven rows of four planes fit in the L2 cache."""


@compiled(fastmath=REASSOCIATED)
def ssim_rows(
    x: Any, y: Any, taps: Any, c1: float, c2: float, centre_x: float, centre_y: float, start: int, stop: int
) -> tuple[float, float]:
    """Sum SSIM and its contrast term over the windows whose first row is in start…stop - 1.

    Args:
        x: (H, W), any dtype.
        y: Same shape.
        taps: First six weights of a symmetric window of 11, the middle one last, in the dtype to compute in.
        c1: SSIM's constant C1.
        c2: SSIM's constant C2.
        centre_x: Approximate mean of x, which keeps moments small; affects rounding only.
        centre_y: Approximate mean of y.
        start: First row.
        stop: The row after the last.
    """
    width = x.shape[1]
    wide = width - TAPS + 1
    columns = min(wide, _COLUMNS)
    p = np.empty(columns + TAPS, taps.dtype)
    q = np.empty(columns + TAPS, taps.dtype)
    pp = np.empty(columns + TAPS, taps.dtype)
    qq = np.empty(columns + TAPS, taps.dtype)
    ring = np.empty((TAPS, 4, columns), taps.dtype)
    t0, t1, t2, t3, t4, t5 = taps[0], taps[1], taps[2], taps[3], taps[4], taps[5]
    k1, k2 = taps.dtype.type(2 * c1), taps.dtype.type(2 * c2)
    middle_x, middle_y = taps.dtype.type(centre_x), taps.dtype.type(centre_y)
    middle_p, middle_q = middle_x + middle_y, middle_x - middle_y
    similarity = 0.0
    contrast = 0.0
    for left in range(0, wide, columns):
        count = min(columns, wide - left)
        for row in range(start, stop + TAPS - 1):
            a = x[row, left : left + count + TAPS - 1]
            b = y[row, left : left + count + TAPS - 1]
            for j in range(count + TAPS - 1):
                u = taps.dtype.type(a[j]) - middle_x
                v = taps.dtype.type(b[j]) - middle_y
                p[j] = u + v
                q[j] = u - v
            for j in range(count + TAPS - 1):
                pp[j] = p[j] * p[j]
                qq[j] = q[j] * q[j]
            line = ring[row % TAPS]
            for index, source in enumerate((p, q, pp, qq)):
                target = line[index]
                for j in range(count):
                    target[j] = (
                        t0 * (source[j] + source[j + 10])
                        + t1 * (source[j + 1] + source[j + 9])
                        + t2 * (source[j + 2] + source[j + 8])
                        + t3 * (source[j + 3] + source[j + 7])
                        + t4 * (source[j + 4] + source[j + 6])
                        + t5 * source[j + 5]
                    )
            if row < start + TAPS - 1:
                continue
            # In the ring, the row just written is followed by the oldest one.
            r0, r10 = ring[(row + 1) % TAPS], line
            r1, r9 = ring[(row + 2) % TAPS], ring[(row + 10) % TAPS]
            r2, r8 = ring[(row + 3) % TAPS], ring[(row + 9) % TAPS]
            r3, r7 = ring[(row + 4) % TAPS], ring[(row + 8) % TAPS]
            r4, r6 = ring[(row + 5) % TAPS], ring[(row + 7) % TAPS]
            r5 = ring[(row + 6) % TAPS]
            sum_s = taps.dtype.type(0)
            sum_c = taps.dtype.type(0)
            for j in range(count):
                mp = (
                    t0 * (r0[0, j] + r10[0, j])
                    + t1 * (r1[0, j] + r9[0, j])
                    + t2 * (r2[0, j] + r8[0, j])
                    + t3 * (r3[0, j] + r7[0, j])
                    + t4 * (r4[0, j] + r6[0, j])
                    + t5 * r5[0, j]
                )
                mq = (
                    t0 * (r0[1, j] + r10[1, j])
                    + t1 * (r1[1, j] + r9[1, j])
                    + t2 * (r2[1, j] + r8[1, j])
                    + t3 * (r3[1, j] + r7[1, j])
                    + t4 * (r4[1, j] + r6[1, j])
                    + t5 * r5[1, j]
                )
                vp = (
                    t0 * (r0[2, j] + r10[2, j])
                    + t1 * (r1[2, j] + r9[2, j])
                    + t2 * (r2[2, j] + r8[2, j])
                    + t3 * (r3[2, j] + r7[2, j])
                    + t4 * (r4[2, j] + r6[2, j])
                    + t5 * r5[2, j]
                ) - mp * mp
                vq = (
                    t0 * (r0[3, j] + r10[3, j])
                    + t1 * (r1[3, j] + r9[3, j])
                    + t2 * (r2[3, j] + r8[3, j])
                    + t3 * (r3[3, j] + r7[3, j])
                    + t4 * (r4[3, j] + r6[3, j])
                    + t5 * r5[3, j]
                ) - mq * mq
                structure = (vp - vq + k2) / (vp + vq + k2)
                sum_c += structure
                mp += middle_p
                mq += middle_q
                mp *= mp
                mq *= mq
                sum_s += structure * (mp - mq + k1) / (mp + mq + k1)
            similarity += sum_s
            contrast += sum_c
    return similarity, contrast


@compiled()
def halve_rows(image: Any, out: Any, start: int, stop: int) -> None:
    """Sum an image, (H, W), over 2×2 pixels into rows start…stop - 1 of `out`, uint16 or float, (⌈H/2⌉, ⌈W/2⌉).

    An odd last row or column is repeated.
    """
    height, width = image.shape
    kind = out.dtype.type
    for row in range(start, stop):
        upper = image[2 * row]
        lower = image[min(2 * row + 1, height - 1)]
        line = out[row]
        for j in range(width // 2):
            line[j] = kind(upper[2 * j]) + kind(lower[2 * j]) + kind(upper[2 * j + 1]) + kind(lower[2 * j + 1])
        if width % 2:
            line[width // 2] = 2 * (kind(upper[width - 1]) + kind(lower[width - 1]))
