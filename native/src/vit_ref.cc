// The image encoder as one would write it on paper: scalar, one image, everything kept, nothing clever. The fast
// kernel is checked against this file; change it only to make it clearer.
#include <algorithm>
#include <cmath>

#include "vit.h"

namespace accent {
namespace {

template <class T>
using Vec = std::vector<T>;

// y[n, out] = x[n, in] w[out, in]^T + b[out]; b may be empty.
template <class T>
Vec<T> linear_forward(const Vec<T>& x, const Vec<float>& w, const Vec<float>& b, int n, int in, int out) {
  Vec<T> y((size_t)n * out);
  for (int r = 0; r < n; ++r)
    for (int o = 0; o < out; ++o) {
      T s = b.empty() ? T(0) : T(b[o]);
      for (int i = 0; i < in; ++i) s += x[(size_t)r * in + i] * T(w[(size_t)o * in + i]);
      y[(size_t)r * out + o] = s;
    }
  return y;
}

// dx[n, in] = dy[n, out] w[out, in]. The weights get no gradient anywhere.
template <class T>
Vec<T> linear_vjp(const Vec<T>& dy, const Vec<float>& w, int n, int in, int out) {
  Vec<T> dx((size_t)n * in, T(0));
  for (int r = 0; r < n; ++r)
    for (int o = 0; o < out; ++o)
      for (int i = 0; i < in; ++i) dx[(size_t)r * in + i] += dy[(size_t)r * out + o] * T(w[(size_t)o * in + i]);
  return dx;
}

template <class T>
void mean_and_rstd(const T* x, int d, T eps, T* mean, T* rstd) {
  T m = 0, v = 0;
  for (int i = 0; i < d; ++i) m += x[i];
  m /= T(d);
  for (int i = 0; i < d; ++i) v += (x[i] - m) * (x[i] - m);
  *mean = m;
  *rstd = T(1) / std::sqrt(v / T(d) + eps);
}

// y = (x - mean) / sqrt(var + eps) * w + b, row by row; x and y [n, d].
template <class T>
Vec<T> layer_norm_forward(const Vec<T>& x, const Vec<float>& w, const Vec<float>& b, int n, int d, float eps) {
  Vec<T> y(x.size());
  for (int r = 0; r < n; ++r) {
    T mean, rstd;
    mean_and_rstd(&x[(size_t)r * d], d, T(eps), &mean, &rstd);
    for (int i = 0; i < d; ++i) {
      const size_t at = (size_t)r * d + i;
      y[at] = (x[at] - mean) * rstd * T(w[i]) + T(b[i]);
    }
  }
  return y;
}

// With g = dy w and x^ = (x - mean) rstd: dx = rstd (g - mean(g) - x^ mean(g x^)).
template <class T>
Vec<T> layer_norm_vjp(const Vec<T>& x, const Vec<float>& w, const Vec<T>& dy, int n, int d, float eps) {
  Vec<T> dx(x.size());
  for (int r = 0; r < n; ++r) {
    const size_t at = (size_t)r * d;
    T mean, rstd, mean_g = 0, mean_gx = 0;
    mean_and_rstd(&x[at], d, T(eps), &mean, &rstd);
    for (int i = 0; i < d; ++i) {
      const T g = dy[at + i] * T(w[i]);
      mean_g += g;
      mean_gx += g * (x[at + i] - mean) * rstd;
    }
    mean_g /= T(d);
    mean_gx /= T(d);
    for (int i = 0; i < d; ++i)
      dx[at + i] = rstd * (dy[at + i] * T(w[i]) - mean_g - (x[at + i] - mean) * rstd * mean_gx);
  }
  return dx;
}

template <class T>
T activation_forward(Activation a, T x) {
  if (a == Activation::kQuickGelu) return x / (T(1) + std::exp(T(-1.702) * x));
  return x * T(0.5) * (T(1) + std::erf(x / std::sqrt(T(2))));
}

template <class T>
T activation_vjp(Activation a, T x, T dy) {
  if (a == Activation::kQuickGelu) {
    const T s = T(1) / (T(1) + std::exp(T(-1.702) * x));
    return dy * (s + x * T(1.702) * s * (T(1) - s));
  }
  const T density = std::exp(T(-0.5) * x * x) / std::sqrt(T(2) * T(3.14159265358979323846));
  return dy * (T(0.5) * (T(1) + std::erf(x / std::sqrt(T(2)))) + x * density);
}

// Probabilities [h, n, n] of softmax(q k^T / sqrt(d / h)); q and k [n, d], head j in columns j d/h and on.
template <class T>
Vec<T> attention_probabilities(const Vec<T>& q, const Vec<T>& k, int n, int d, int h) {
  const int e = d / h;
  Vec<T> p((size_t)h * n * n);
  for (int j = 0; j < h; ++j)
    for (int r = 0; r < n; ++r) {
      T* row = &p[((size_t)j * n + r) * n];
      T top = -INFINITY, sum = 0;
      for (int c = 0; c < n; ++c) {
        T s = 0;
        for (int i = 0; i < e; ++i) s += q[(size_t)r * d + j * e + i] * k[(size_t)c * d + j * e + i];
        row[c] = s / std::sqrt(T(e));
        if (row[c] > top) top = row[c];
      }
      for (int c = 0; c < n; ++c) sum += row[c] = std::exp(row[c] - top);
      for (int c = 0; c < n; ++c) row[c] /= sum;
    }
  return p;
}

// o[n, d] = p v per head.
template <class T>
Vec<T> attention_forward(const Vec<T>& p, const Vec<T>& v, int n, int d, int h) {
  const int e = d / h;
  Vec<T> o((size_t)n * d, T(0));
  for (int j = 0; j < h; ++j)
    for (int r = 0; r < n; ++r)
      for (int c = 0; c < n; ++c)
        for (int i = 0; i < e; ++i)
          o[(size_t)r * d + j * e + i] += p[((size_t)j * n + r) * n + c] * v[(size_t)c * d + j * e + i];
  return o;
}

template <class T>
struct QkvGrad {
  Vec<T> q, k, v;  // [n, d]
};

template <class T>
QkvGrad<T> attention_vjp(const Vec<T>& p, const Vec<T>& q, const Vec<T>& k, const Vec<T>& v, const Vec<T>& dout, int n,
                         int d, int h) {
  const int e = d / h;
  QkvGrad<T> g{Vec<T>((size_t)n * d, T(0)), Vec<T>((size_t)n * d, T(0)), Vec<T>((size_t)n * d, T(0))};
  Vec<T> dp((size_t)n);
  for (int j = 0; j < h; ++j)
    for (int r = 0; r < n; ++r) {
      const T* row = &p[((size_t)j * n + r) * n];
      const size_t at = (size_t)r * d + j * e;
      T dot = 0;
      for (int c = 0; c < n; ++c) {
        const size_t ct = (size_t)c * d + j * e;
        dp[c] = 0;
        for (int i = 0; i < e; ++i) {
          dp[c] += dout[at + i] * v[ct + i];
          g.v[ct + i] += row[c] * dout[at + i];
        }
        dot += row[c] * dp[c];
      }
      for (int c = 0; c < n; ++c) {
        const size_t ct = (size_t)c * d + j * e;
        const T ds = row[c] * (dp[c] - dot) / std::sqrt(T(e));
        for (int i = 0; i < e; ++i) {
          g.q[at + i] += ds * k[ct + i];
          g.k[ct + i] += ds * q[at + i];
        }
      }
    }
  return g;
}

template <class T>
void add_to(Vec<T>& x, const Vec<T>& y) {
  for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

// Where pixel i of patch t lies in an image [3, size, size]; i counts channel, row, column within the patch.
inline size_t pixel(const Config& c, int t, int i) {
  const int pp = c.patch * c.patch, channel = i / pp, y = i % pp / c.patch, x = i % c.patch;
  const int row = t / c.grid() * c.patch + y, col = t % c.grid() * c.patch + x;
  return ((size_t)channel * c.size + row) * c.size + col;
}

// What the backward needs of one block.
template <class T>
struct Kept {
  Vec<T> x0, q, k, v, p, x1, pre;
};

template <class T>
struct State {
  Vec<T> embedded;  // [N, d] before the first norm
  std::vector<Kept<T>> blocks;
  Vec<T> last;      // [d] class token after the blocks
  Vec<T> z;         // [D] before the L2 norm
  Vec<T> unit;      // [D]
  T norm;
};

template <class T>
State<T> forward(const Weights& w, const T* image) {
  const Config& c = w.config;
  const int n = c.tokens(), d = c.width, pn = c.patch_numbers();
  State<T> s;
  Vec<T> patches((size_t)(n - 1) * pn);
  for (int t = 0; t < n - 1; ++t)
    for (int i = 0; i < pn; ++i) patches[(size_t)t * pn + i] = image[pixel(c, t, i)];
  const Vec<T> embedded = linear_forward(patches, w.outer.patch, {}, n - 1, pn, d);
  s.embedded.resize((size_t)n * d);
  for (int i = 0; i < d; ++i) s.embedded[i] = T(w.outer.class_embedding[i]);
  for (size_t i = 0; i < embedded.size(); ++i) s.embedded[d + i] = embedded[i];
  for (size_t i = 0; i < s.embedded.size(); ++i) s.embedded[i] += T(w.outer.positions[i]);

  Vec<T> x = layer_norm_forward(s.embedded, w.outer.pre_w, w.outer.pre_b, n, d, c.eps);
  for (const LayerWeights& l : w.layers) {
    Kept<T> k;
    k.x0 = x;
    const Vec<T> a = layer_norm_forward(x, l.ln1_w, l.ln1_b, n, d, c.eps);
    k.q = linear_forward(a, l.wq, l.bq, n, d, d);
    k.k = linear_forward(a, l.wk, l.bk, n, d, d);
    k.v = linear_forward(a, l.wv, l.bv, n, d, d);
    k.p = attention_probabilities(k.q, k.k, n, d, c.heads);
    add_to(x, linear_forward(attention_forward(k.p, k.v, n, d, c.heads), l.wo, l.bo, n, d, d));
    k.x1 = x;
    k.pre = linear_forward(layer_norm_forward(x, l.ln2_w, l.ln2_b, n, d, c.eps), l.w1, l.b1, n, d, c.mlp);
    Vec<T> hidden = k.pre;
    for (T& v : hidden) v = activation_forward(c.act, v);
    add_to(x, linear_forward(hidden, l.w2, l.b2, n, c.mlp, d));
    s.blocks.push_back(std::move(k));
  }

  s.last.assign(x.begin(), x.begin() + d);
  const Vec<T> pooled = layer_norm_forward(s.last, w.outer.post_w, w.outer.post_b, 1, d, c.eps);
  s.z = c.project ? linear_forward(pooled, w.outer.projection, {}, 1, d, c.dims) : pooled;
  T squares = 0;
  for (T v : s.z) squares += v * v;
  s.norm = std::max(std::sqrt(squares), T(1e-12));
  for (T v : s.z) s.unit.push_back(v / s.norm);
  return s;
}

template <class T>
void backward(const Weights& w, const State<T>& s, const T* cotangent, T* gradient) {
  const Config& c = w.config;
  const int n = c.tokens(), d = c.width, pn = c.patch_numbers();
  // unit = z / |z|: dz = (cotangent - unit (unit . cotangent)) / |z|.
  T dot = 0;
  for (int i = 0; i < c.dims; ++i) dot += s.unit[i] * cotangent[i];
  Vec<T> dz((size_t)c.dims);
  for (int i = 0; i < c.dims; ++i) dz[i] = (cotangent[i] - s.unit[i] * dot) / s.norm;
  const Vec<T> dpooled = c.project ? linear_vjp(dz, w.outer.projection, 1, d, c.dims) : dz;
  const Vec<T> dlast = layer_norm_vjp(s.last, w.outer.post_w, dpooled, 1, d, c.eps);
  Vec<T> dx((size_t)n * d, T(0));
  for (int i = 0; i < d; ++i) dx[i] = dlast[i];

  for (int b = c.layers - 1; b >= 0; --b) {
    const LayerWeights& l = w.layers[b];
    const Kept<T>& k = s.blocks[b];
    Vec<T> dpre = linear_vjp(dx, l.w2, n, c.mlp, d);
    for (size_t i = 0; i < dpre.size(); ++i) dpre[i] = activation_vjp(c.act, k.pre[i], dpre[i]);
    add_to(dx, layer_norm_vjp(k.x1, l.ln2_w, linear_vjp(dpre, l.w1, n, d, c.mlp), n, d, c.eps));
    const QkvGrad<T> g = attention_vjp(k.p, k.q, k.k, k.v, linear_vjp(dx, l.wo, n, d, d), n, d, c.heads);
    Vec<T> da = linear_vjp(g.q, l.wq, n, d, d);
    add_to(da, linear_vjp(g.k, l.wk, n, d, d));
    add_to(da, linear_vjp(g.v, l.wv, n, d, d));
    add_to(dx, layer_norm_vjp(k.x0, l.ln1_w, da, n, d, c.eps));
  }

  const Vec<T> de = layer_norm_vjp(s.embedded, w.outer.pre_w, dx, n, d, c.eps);
  const Vec<T> rows(de.begin() + d, de.end());
  const Vec<T> dpatches = linear_vjp(rows, w.outer.patch, n - 1, pn, d);
  for (size_t i = 0; i < (size_t)3 * c.size * c.size; ++i) gradient[i] = T(0);
  for (int t = 0; t < n - 1; ++t)
    for (int i = 0; i < pn; ++i) gradient[pixel(c, t, i)] = dpatches[(size_t)t * pn + i];
}

}  // namespace

template <class T>
void reference_embed(const Weights& w, const T* image, T* embedding) {
  const State<T> s = forward(w, image);
  for (int i = 0; i < w.config.dims; ++i) embedding[i] = s.unit[i];
}

template <class T>
void reference_vjp(const Weights& w, const T* image, int count, const T* cotangents, T* embedding, T* gradients) {
  const State<T> s = forward(w, image);
  for (int i = 0; i < w.config.dims; ++i) embedding[i] = s.unit[i];
  const size_t pixels = (size_t)3 * w.config.size * w.config.size;
  for (int i = 0; i < count; ++i) backward(w, s, cotangents + (size_t)i * w.config.dims, gradients + i * pixels);
}

template void reference_embed<float>(const Weights&, const float*, float*);
template void reference_embed<double>(const Weights&, const double*, double*);
template void reference_vjp<float>(const Weights&, const float*, int, const float*, float*, float*);
template void reference_vjp<double>(const Weights&, const double*, int, const double*, double*, double*);

}  // namespace accent
