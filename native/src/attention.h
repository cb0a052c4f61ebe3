// Softmax attention of one head of one image, for one thread. Probabilities are made for a block of queries at a
// time, which stays in the second-level cache, and are made again in the backward: none are kept.
#pragma once
#include "gemm.h"

namespace accent {

struct Head {
  int queries;  // n, or 1 where only the class token asks
  int tokens;   // n
  int dim;      // width of a head
  // Row strides in floats; q, k, v point at this head's first column.
  const float* q;
  ptrdiff_t ldq;
  const float* k;
  const float* v;
  ptrdiff_t ldkv;
};

// Floats of scratch that a thread needs.
size_t attention_scratch(const Kernels& ks, int tokens, int dim);

// o[queries, dim] = softmax(q k^T / sqrt(dim)) v.
void attention_forward(const Kernels& ks, const Head& h, float* scratch, float* o, ptrdiff_t ldo);

// dq, dk, dv for the cotangent do_ of o.
void attention_vjp(const Kernels& ks, const Head& h, float* scratch, const float* do_, ptrdiff_t ldo, float* dq,
                   ptrdiff_t lddq, float* dk, float* dv, ptrdiff_t lddkv);

}  // namespace accent
