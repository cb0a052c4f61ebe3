#include "attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace accent {
namespace {

// Queries handled together: whole tiles, and a block of probabilities of at most about 160 KiB.
int block_rows(const Kernels& ks, int tokens) {
  const int fit = 40 * 1024 / padded(tokens) / ks.mr * ks.mr;
  return std::max(ks.mr, std::min(fit, 4 * ks.mr));
}

// Carves arrays out of a thread's scratch. Rows of `wide` arrays are an odd number of cache lines apart.
struct Plan {
  int rows, tokens_pad, ldp, dim_pad, ldd;
  size_t at = 0;

  Plan(const Kernels& ks, int tokens, int dim)
      : rows(block_rows(ks, tokens)),
        tokens_pad(padded(tokens)),
        ldp(row_stride(tokens)),
        dim_pad(padded(dim)),
        ldd(row_stride(dim)) {}

  size_t take(size_t floats) {
    const size_t here = at;
    at += (floats + 15) / 16 * 16;
    return here;
  }
};

// out[rows, dim_pad] = in[rows, dim] * scale, zeros beyond dim.
void copy_in(const float* in, ptrdiff_t ld, int rows, int dim, float scale, int dim_pad, float* out, ptrdiff_t ldo) {
  for (int r = 0; r < rows; ++r) {
    for (int j = 0; j < dim; ++j) out[r * ldo + j] = in[r * ld + j] * scale;
    for (int j = dim; j < dim_pad; ++j) out[r * ldo + j] = 0.0f;
  }
}

void copy_out(const float* in, ptrdiff_t ld, int rows, int dim, float scale, float* out, ptrdiff_t ldo) {
  for (int r = 0; r < rows; ++r)
    for (int j = 0; j < dim; ++j) out[r * ldo + j] = in[r * ld + j] * scale;
}

// Panels of x^T: panel p holds x[p nr + j][k] at [k][j], zeros beyond the last row.
void pack_rows(const Kernels& ks, const float* x, ptrdiff_t ld, int rows, int rows_pad, int dim, float* out) {
  const int nr = ks.nr;
  for (int p = 0; p < rows_pad; p += nr) {
    const int have = std::min(nr, rows - p);
    float* to = out + (size_t)p * dim;
    // Eight source rows at a time: their lines stay at hand, and the writes come in runs.
    for (int j0 = 0; j0 < nr; j0 += 8) {
      const int j1 = std::min(j0 + 8, nr);
      if (j1 <= have) {
        const float* from = x + (ptrdiff_t)(p + j0) * ld;
        for (int k = 0; k < dim; ++k)
          for (int j = 0; j < 8; ++j) to[(size_t)k * nr + j0 + j] = from[j * ld + k];
      } else {
        for (int k = 0; k < dim; ++k)
          for (int j = j0; j < j1; ++j) to[(size_t)k * nr + j] = j < have ? x[(ptrdiff_t)(p + j) * ld + k] : 0.0f;
      }
    }
  }
}

struct Forward {
  size_t kt, v, q, p, o;
  explicit Forward(Plan& plan, int tokens, int dim)
      : kt(plan.take((size_t)plan.tokens_pad * dim)),
        v(plan.take((size_t)tokens * plan.ldd)),
        q(plan.take((size_t)plan.rows * plan.ldd)),
        p(plan.take((size_t)plan.rows * plan.ldp)),
        o(plan.take((size_t)plan.rows * plan.ldd)) {}
};

struct Backward {
  size_t kt, vt, k, q, p, dp, go, dq, dk, dv;
  explicit Backward(Plan& plan, int tokens, int dim)
      : kt(plan.take((size_t)plan.tokens_pad * dim)),
        vt(plan.take((size_t)plan.tokens_pad * dim)),
        k(plan.take((size_t)tokens * plan.ldd)),
        q(plan.take((size_t)plan.rows * plan.ldd)),
        p(plan.take((size_t)plan.rows * plan.ldp)),
        dp(plan.take((size_t)plan.rows * plan.ldp)),
        go(plan.take((size_t)plan.rows * plan.ldd)),
        dq(plan.take((size_t)plan.rows * plan.ldd)),
        dk(plan.take((size_t)tokens * plan.ldd)),
        dv(plan.take((size_t)tokens * plan.ldd)) {}
};

}  // namespace

size_t attention_scratch(const Kernels& ks, int tokens, int dim) {
  Plan forward(ks, tokens, dim), backward(ks, tokens, dim);
  Forward f(forward, tokens, dim);
  Backward b(backward, tokens, dim);
  (void)f;
  (void)b;
  return std::max(forward.at, backward.at);
}

void attention_forward(const Kernels& ks, const Head& h, float* scratch, float* o, ptrdiff_t ldo) {
  Plan plan(ks, h.tokens, h.dim);
  const Forward at(plan, h.tokens, h.dim);
  float *kt = scratch + at.kt, *v = scratch + at.v, *q = scratch + at.q, *p = scratch + at.p, *ob = scratch + at.o;
  const float scale = 1.0f / std::sqrt((float)h.dim);
  pack_rows(ks, h.k, h.ldkv, h.tokens, plan.tokens_pad, h.dim, kt);
  copy_in(h.v, h.ldkv, h.tokens, h.dim, 1.0f, plan.dim_pad, v, plan.ldd);
  for (int r0 = 0; r0 < h.queries; r0 += plan.rows) {
    const int rows = std::min(plan.rows, h.queries - r0);
    copy_in(h.q + r0 * h.ldq, h.ldq, rows, h.dim, scale, h.dim, q, plan.ldd);
    gemm_local(ks, rows, plan.tokens_pad, h.dim, {q, plan.ldd, false, kt, 0, true}, nullptr, 0, p, plan.ldp);
    for (int r = 0; r < rows; ++r) ks.softmax(p + r * plan.ldp, h.tokens, plan.tokens_pad);
    gemm_local(ks, rows, plan.dim_pad, h.tokens, {p, plan.ldp, false, v, plan.ldd, false}, nullptr, 0, ob, plan.ldd);
    copy_out(ob, plan.ldd, rows, h.dim, 1.0f, o + r0 * ldo, ldo);
  }
}

void attention_vjp(const Kernels& ks, const Head& h, float* scratch, const float* do_, ptrdiff_t ldo, float* dq,
                   ptrdiff_t lddq, float* dk, float* dv, ptrdiff_t lddkv) {
  Plan plan(ks, h.tokens, h.dim);
  const Backward at(plan, h.tokens, h.dim);
  float *kt = scratch + at.kt, *vt = scratch + at.vt, *k = scratch + at.k, *q = scratch + at.q, *p = scratch + at.p,
        *dp = scratch + at.dp, *go = scratch + at.go, *dqb = scratch + at.dq, *dkb = scratch + at.dk,
        *dvb = scratch + at.dv;
  const int dim = h.dim, dim_pad = plan.dim_pad;
  const ptrdiff_t ldd = plan.ldd, ldp = plan.ldp;
  const float scale = 1.0f / std::sqrt((float)dim);
  pack_rows(ks, h.k, h.ldkv, h.tokens, plan.tokens_pad, dim, kt);
  pack_rows(ks, h.v, h.ldkv, h.tokens, plan.tokens_pad, dim, vt);
  copy_in(h.k, h.ldkv, h.tokens, dim, 1.0f, dim_pad, k, ldd);
  for (int r0 = 0; r0 < h.queries; r0 += plan.rows) {
    const int rows = std::min(plan.rows, h.queries - r0);
    copy_in(h.q + r0 * h.ldq, h.ldq, rows, dim, scale, dim_pad, q, ldd);
    copy_in(do_ + r0 * ldo, ldo, rows, dim, 1.0f, dim_pad, go, ldd);
    // p = softmax(q k^T), dp = do v^T, ds = p (dp - rowsum(p dp)).
    gemm_local(ks, rows, plan.tokens_pad, dim, {q, ldd, false, kt, 0, true}, nullptr, 0, p, ldp);
    for (int r = 0; r < rows; ++r) ks.softmax(p + r * ldp, h.tokens, plan.tokens_pad);
    gemm_local(ks, rows, plan.tokens_pad, dim, {go, ldd, false, vt, 0, true}, nullptr, 0, dp, ldp);
    // dv += p^T do, then dk += ds^T q and dq = ds k.
    const float* dv_init = r0 > 0 ? dvb : nullptr;
    gemm_local(ks, h.tokens, dim_pad, rows, {p, ldp, true, go, ldd, false}, dv_init, ldd, dvb, ldd);
    for (int r = 0; r < rows; ++r) ks.softmax_vjp(p + r * ldp, dp + r * ldp, plan.tokens_pad);
    const float* dk_init = r0 > 0 ? dkb : nullptr;
    gemm_local(ks, h.tokens, dim_pad, rows, {dp, ldp, true, q, ldd, false}, dk_init, ldd, dkb, ldd);
    gemm_local(ks, rows, dim_pad, h.tokens, {dp, ldp, false, k, ldd, false}, nullptr, 0, dqb, ldd);
    copy_out(dqb, ldd, rows, dim, scale, dq + r0 * lddq, lddq);
  }
  copy_out(dkb, ldd, h.tokens, dim, 1.0f, dk, lddkv);
  copy_out(dvb, ldd, h.tokens, dim, 1.0f, dv, lddkv);
}

}  // namespace accent
