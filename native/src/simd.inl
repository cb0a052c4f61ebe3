// The inner loops, written once over a vector type. The including file defines, in an anonymous namespace:
//   V, kW (floats in V), kNV (vectors across a tile), kMR (rows of a tile)
//   load, store, set1, fma(a, b, c) = a b + c, fnma(a, b, c) = c - a b, add, sub, mul, div, vmax, vmin, vabs,
//   select_neg(x, a, b) = x < 0 ? a : b, round, pow2(n) = 2^n for a whole n in [-126, 127], sum(V), hmax(V)
constexpr int kNR = kW * kNV;

inline V vexp(V x) {
  // exp(x) = 2^n exp(r), |r| <= ln 2 / 2; a polynomial of degree 6, about one unit in the last place.
  x = vmin(vmax(x, set1(-87.3f)), set1(88.3f));
  const V n = round(mul(x, set1(1.44269504088896341f)));
  V r = fnma(n, set1(0.693359375f), x);
  r = fnma(n, set1(-2.12194440e-4f), r);
  V p = set1(1.9875691500e-4f);
  p = fma(p, r, set1(1.3981999507e-3f));
  p = fma(p, r, set1(8.3334519073e-3f));
  p = fma(p, r, set1(4.1665795894e-2f));
  p = fma(p, r, set1(1.6666665459e-1f));
  p = fma(p, r, set1(5.0000001201e-1f));
  p = add(fma(mul(r, r), p, r), set1(1.0f));
  return mul(p, pow2(n));
}

inline V sigmoid_1702(V x) { return div(set1(1.0f), add(set1(1.0f), vexp(mul(x, set1(-1.702f))))); }

// The normal distribution function, and its density in *density.
// erfc by Abramowitz and Stegun 7.1.26 (error below 1.5e-7), on |x|, so that the left tail does not cancel.
inline V normal_cdf(V x, V* density) {
  const V z = mul(vabs(x), set1(0.70710678118654752f));
  const V e = vexp(fnma(z, z, set1(0.0f)));
  const V t = div(set1(1.0f), fma(z, set1(0.3275911f), set1(1.0f)));
  V q = set1(1.061405429f);
  q = fma(q, t, set1(-1.453152027f));
  q = fma(q, t, set1(1.421413741f));
  q = fma(q, t, set1(-0.284496736f));
  q = fma(q, t, set1(0.254829592f));
  q = mul(mul(q, t), mul(e, set1(0.5f)));
  *density = mul(e, set1(0.39894228040143268f));
  return select_neg(x, q, sub(set1(1.0f), q));
}

inline V activate(bool quick, V x) {
  if (quick) return mul(x, sigmoid_1702(x));
  V density;
  return mul(x, normal_cdf(x, &density));
}

inline V activate_grad(bool quick, V x) {
  if (quick) {
    const V s = sigmoid_1702(x);
    return fma(mul(mul(x, set1(1.702f)), s), sub(set1(1.0f), s), s);
  }
  V density;
  const V cdf = normal_cdf(x, &density);
  return fma(x, density, cdf);
}

// Row r of a tile starts at a + r * lda. Every third row has its own pointer: base + {0, 1, 2} * lda is one x86
// addressing mode, so kMR rows need kMR / 3 registers.
template <int MR, bool TA>
void tile(ptrdiff_t kc, const float* a, ptrdiff_t lda, const float* b, ptrdiff_t ldb, const float* ahead,
          const float* init, ptrdiff_t ldi, float* c, ptrdiff_t ldc) {
  V acc[MR][kNV];
  const ptrdiff_t line = ahead ? kLine : 0;
  if (!ahead) ahead = b;
  if (init) {
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kNV; ++v) acc[r][v] = load(init + r * ldi + v * kW);
  } else {
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kNV; ++v) acc[r][v] = set1(0.0f);
  }
  const float* base[(MR + 2) / 3];
#pragma GCC unroll 8
  for (int g = 0; g < (MR + 2) / 3; ++g) base[g] = a + (TA ? 0 : 3 * g * lda);
#pragma GCC unroll 4
  for (ptrdiff_t k = 0; k < kc; ++k) {
    V bv[kNV];
#pragma GCC unroll 4
    for (int v = 0; v < kNV; ++v) bv[v] = load(b + v * kW);
    b += ldb;
    __builtin_prefetch(ahead, 0, 2);
    ahead += line;
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r) {
      const V av = set1(TA ? a[r] : base[r / 3][(r % 3) * lda]);
#pragma GCC unroll 4
      for (int v = 0; v < kNV; ++v) acc[r][v] = fma(av, bv[v], acc[r][v]);
    }
    if (TA) {
      a += lda;
    } else {
#pragma GCC unroll 8
      for (int g = 0; g < (MR + 2) / 3; ++g) ++base[g];
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < MR; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kNV; ++v) store(c + r * ldc + v * kW, acc[r][v]);
}

void finish(const FinishArgs& f, int rows, float* c, ptrdiff_t ldc) {
  const bool grad = f.kind == Finish::kQuickGeluGrad || f.kind == Finish::kGeluGrad;
  const bool quick = f.kind == Finish::kQuickGelu || f.kind == Finish::kQuickGeluGrad;
  for (int r = 0; r < rows; ++r, c += ldc) {
    float* pre = f.pre ? f.pre + ((f.row + r) % f.period) * f.ldp : nullptr;
    for (int v = 0; v < kNV; ++v) {
      float* at = c + v * kW;
      V x = load(at);
      if (grad) {
        store(at, mul(x, activate_grad(quick, load(pre + v * kW))));
        continue;
      }
      if (f.bias) x = add(x, load(f.bias + v * kW));
      if (f.kind == Finish::kQuickGelu || f.kind == Finish::kGelu) {
        if (pre) store(pre + v * kW, x);
        x = activate(quick, x);
      }
      store(at, x);
    }
  }
}

struct Moments {
  float mean, rstd;
};

// Two passes: first the mean, then the sum of squared distances from it.
Moments moments(const float* x, int n, float eps) {
  const int whole = n - n % kW;
  V s = set1(0.0f);
  for (int i = 0; i < whole; i += kW) s = add(s, load(x + i));
  float total = sum(s);
  for (int i = whole; i < n; ++i) total += x[i];
  const float mean = total / (float)n;
  V q = set1(0.0f);
  const V m = set1(mean);
  for (int i = 0; i < whole; i += kW) {
    const V d = sub(load(x + i), m);
    q = fma(d, d, q);
  }
  float squares = sum(q);
  for (int i = whole; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
  return {mean, 1.0f / __builtin_sqrtf(squares / (float)n + eps)};
}

void layer_norm(const float* x, const float* w, const float* b, int n, float eps, float* y) {
  const Moments s = moments(x, n, eps);
  const int whole = n - n % kW;
  const V m = set1(s.mean), r = set1(s.rstd);
  for (int i = 0; i < whole; i += kW)
    store(y + i, fma(mul(sub(load(x + i), m), r), load(w + i), load(b + i)));
  for (int i = whole; i < n; ++i) y[i] = __builtin_fmaf((x[i] - s.mean) * s.rstd, w[i], b[i]);
}

void layer_norm_vjp(const float* x, const float* w, int n, float eps, const float* dy, float* dx) {
  const Moments s = moments(x, n, eps);
  const int whole = n - n % kW;
  const V m = set1(s.mean), r = set1(s.rstd);
  V s1 = set1(0.0f), s2 = set1(0.0f);
  for (int i = 0; i < whole; i += kW) {
    const V g = mul(load(dy + i), load(w + i));
    s1 = add(s1, g);
    s2 = fma(g, mul(sub(load(x + i), m), r), s2);
  }
  float mean_g = sum(s1), mean_gx = sum(s2);
  for (int i = whole; i < n; ++i) {
    mean_g += dy[i] * w[i];
    mean_gx += dy[i] * w[i] * ((x[i] - s.mean) * s.rstd);
  }
  mean_g /= (float)n;
  mean_gx /= (float)n;
  const V g1 = set1(mean_g), g2 = set1(mean_gx);
  for (int i = 0; i < whole; i += kW) {
    const V g = mul(load(dy + i), load(w + i));
    const V xh = mul(sub(load(x + i), m), r);
    store(dx + i, fma(r, fnma(xh, g2, sub(g, g1)), load(dx + i)));
  }
  for (int i = whole; i < n; ++i)
    dx[i] += s.rstd * (dy[i] * w[i] - mean_g - (x[i] - s.mean) * s.rstd * mean_gx);
}

void softmax(float* row, int n, int padded) {
  for (int i = n; i < padded; ++i) row[i] = -3.0e38f;
  V m = load(row);
  for (int i = kW; i < padded; i += kW) m = vmax(m, load(row + i));
  const V top = set1(hmax(m));
  for (int i = 0; i < padded; i += kW) store(row + i, vexp(sub(load(row + i), top)));
  for (int i = n; i < padded; ++i) row[i] = 0.0f;
  V s = set1(0.0f);
  for (int i = 0; i < padded; i += kW) s = add(s, load(row + i));
  const V inverse = set1(1.0f / sum(s));
  for (int i = 0; i < padded; i += kW) store(row + i, mul(load(row + i), inverse));
}

void softmax_vjp(const float* p, float* dp, int padded) {
  V s = set1(0.0f);
  for (int i = 0; i < padded; i += kW) s = fma(load(p + i), load(dp + i), s);
  const V d = set1(sum(s));
  for (int i = 0; i < padded; i += kW) store(dp + i, mul(load(p + i), sub(load(dp + i), d)));
}

inline uint16_t bf16_scalar(float x) {
  uint32_t u;
  __builtin_memcpy(&u, &x, 4);
  if ((u & 0x7fffffffu) > 0x7f800000u) return (uint16_t)((u >> 16) | 64);
  return (uint16_t)((u + 0x7fffu + ((u >> 16) & 1)) >> 16);
}

int64_t peak(int64_t steps, float* sink) {
  constexpr int kChains = 12;
  V acc[kChains];
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) acc[i] = set1((float)i);
  const V a = set1(sink[0]), b = set1(sink[1]);
  for (int64_t s = 0; s < steps; ++s) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) acc[i] = fma(acc[i], a, b);
  }
  V t = acc[0];
#pragma GCC unroll 16
  for (int i = 1; i < kChains; ++i) t = add(t, acc[i]);
  sink[2] = sum(t);
  return (int64_t)2 * kW * kChains;
}

