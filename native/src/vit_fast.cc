// The blocked image encoder: the same mathematics as vit_ref.cc over packed weights, several images or cotangents
// ("lanes") at a time. Rows of activations are tokens, lane after lane. What the backward needs of a block is kept
// (9 N d floats: x0, q, k, v, x1 and the MLP's input 4 N d); with checkpointing only x0 is, and the rest is computed
// again. The last block computes queries, attention and MLP for the class token alone, since nothing else is read.
// One file of over 400 lines, because forward and backward share the layout of every buffer: apart they would repeat it.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "attention.h"
#include "encoder.h"

namespace accent {
namespace {

constexpr int kTokensTogether = 640;  // rows from which larger batches no longer speed a product up

struct Linear {
  Packed forward, backward;
  std::vector<float> bias;  // padded with zeros

  size_t bytes() const { return (forward.data.floats() + backward.data.floats() + bias.size()) * sizeof(float); }
};

struct Norm {
  std::vector<float> w, b;
};

struct Block {
  Norm ln1, ln2;
  Linear q, kv, out, fc1, fc2;
};

// What is kept of one block; rows of x0, x1 [., ld], q and kv side by side in qkv [., ldqkv], pre [., ldm].
struct Kept {
  float* x0;
  float* qkv;
  float* x1;
  float* pre;
};

class Vit final : public FastVit {
 public:
  Vit(const Kernels& ks, const LoadOptions& options, const Config& c, bool bf16)
      : ks_(ks),
        c_(c),
        bf16_(bf16),
        checkpoint_(options.checkpoint),
        threads_(options.threads > 0 ? std::min(options.threads, Pool::shared().size()) : Pool::shared().size()),
        n_(c.tokens()),
        d_(c.width),
        m_(c.mlp),
        ld_(row_stride(d_)),
        ldm_(row_stride(m_)),
        // Keys and values are written as whole tiles from column d on.
        ldqkv_(row_stride(d_ + padded(2 * d_))),
        ldp_(row_stride(c.patch_numbers())),
        ldz_(row_stride(std::max(c.dims, d_))) {}

  Failure read(WeightFile& file) {
    OuterWeights o;
    if (Failure f = file.outer(&o)) return f;
    patch_ = linear(o.patch, {}, d_, c_.patch_numbers());
    if (c_.project) projection_ = linear(o.projection, {}, c_.dims, d_);
    pre_ = {std::move(o.pre_w), std::move(o.pre_b)};
    post_ = {std::move(o.post_w), std::move(o.post_b)};
    // The class token's row is a constant: its embedding plus its position.
    positions_.assign((size_t)n_ * ld_, 0.0f);
    for (int t = 0; t < n_; ++t)
      for (int i = 0; i < d_; ++i)
        positions_[(size_t)t * ld_ + i] = o.positions[(size_t)t * d_ + i] + (t == 0 ? o.class_embedding[(size_t)i] : 0.0f);
    for (int i = 0; i < c_.layers; ++i) {
      LayerWeights l;
      if (Failure f = file.layer(i, &l)) return f;
      Block b;
      b.ln1 = {std::move(l.ln1_w), std::move(l.ln1_b)};
      b.ln2 = {std::move(l.ln2_w), std::move(l.ln2_b)};
      b.q = linear(l.wq, l.bq, d_, d_);
      l.wk.insert(l.wk.end(), l.wv.begin(), l.wv.end());
      l.bk.insert(l.bk.end(), l.bv.begin(), l.bv.end());
      b.kv = linear(l.wk, l.bk, 2 * d_, d_);
      b.out = linear(l.wo, l.bo, d_, d_);
      b.fc1 = linear(l.w1, l.b1, m_, d_);
      b.fc2 = linear(l.w2, l.b2, d_, m_);
      blocks_.push_back(std::move(b));
    }
    return {};
  }

  int batch() const override { return std::max(1, kTokensTogether / n_); }
  size_t scratch_bytes() const override { return scratch_bytes_; }
  size_t weight_bytes() const override {
    size_t sum = patch_.bytes() + projection_.bytes() + positions_.size() * sizeof(float);
    for (const Block& b : blocks_) sum += b.q.bytes() + b.kv.bytes() + b.out.bytes() + b.fc1.bytes() + b.fc2.bytes();
    return sum;
  }

  Failure embed(const float* images, int count, const std::atomic<bool>* cancelled, float* embeddings) override {
    Work w = plan(count, 0);
    w.run.cancelled = cancelled;
    if (!forward(w, images, false)) return stopped();
    head_forward(w, embeddings);
    return {};
  }

  Failure vjp(const float* images, int count, int cotangent_count, const float* cotangents,
              const std::atomic<bool>* cancelled, float* embeddings, float* gradients) override {
    // Over one image the backwards go in groups, so that scratch does not grow with their number.
    const int group = count == 1 ? std::min(cotangent_count, batch()) : count;
    Work w = plan(count, group);
    w.run.cancelled = cancelled;
    if (!forward(w, images, true)) return stopped();
    head_forward(w, embeddings);
    const size_t pixels = (size_t)3 * c_.size * c_.size;
    for (int begin = 0; begin < cotangent_count; begin += group) {
      w.lanes = std::min(group, cotangent_count - begin);
      if (!backward(w, cotangents + (size_t)begin * c_.dims, gradients + begin * pixels)) return stopped();
      // A checkpointed forward leaves only the last block's parts in place; the next group computes them again.
      w.last_ready = !checkpoint_;
    }
    return {};
  }

 private:
  struct Work {
    Run run;
    int images = 0;           // lanes of the forward
    int lanes = 0;            // lanes of the backward
    bool last_ready = true;   // the last block's parts are still in place
    float *patches, *embedded, *a, *x, *hidden, *cls_a, *cls_hidden, *pooled, *z;
    float *dx, *da, *dqkv, *dhidden, *cls_d, *dz;
    std::vector<Kept> kept;
    float* last;              // [images, ld] class tokens after the blocks
    std::vector<float> norms;
  };

  static Failure stopped() { return fail("cancelled", "The call was cancelled."); }

  Linear linear(const std::vector<float>& w, const std::vector<float>& b, int out, int in) const {
    Linear l;
    l.forward = pack_transposed(ks_, bf16_, w.data(), out, in);
    l.backward = pack_plain(ks_, bf16_, w.data(), out, in);
    if (!b.empty()) {
      l.bias = b;
      l.bias.resize((size_t)padded(out), 0.0f);
    }
    return l;
  }

  // Lays a call's buffers out in one piece of scratch, which grows to the largest call and stays.
  Work plan(int images, int lanes) {
    Work w;
    size_t total = 0;
    std::vector<std::pair<float**, size_t>> wanted;
    const auto want = [&](float** p, size_t rows, size_t ld) {
      wanted.emplace_back(p, total);
      total += rows * ld;
    };
    const bool keep = lanes > 0;
    const size_t rows = (size_t)images * n_, drows = (size_t)lanes * n_, most = std::max(rows, drows);
    const size_t cls = (size_t)std::max(images, lanes);
    w.images = images;
    w.lanes = lanes;
    w.kept.resize((size_t)c_.layers);
    want(&w.embedded, rows, ld_);
    want(&w.a, most, ld_);
    // The MLP's hidden activations; patches and their gradients pass through the same memory.
    const size_t patch_rows = (size_t)(n_ - 1);
    want(&w.hidden, 1, std::max(rows * ldm_, patch_rows * ldp_));
    w.patches = nullptr;
    want(&w.cls_a, cls, ld_);
    want(&w.cls_hidden, cls, ldm_);
    want(&w.last, cls, ld_);
    want(&w.pooled, cls, ldz_);
    want(&w.z, cls, ldz_);
    float *shared_qkv = nullptr, *shared_x1 = nullptr, *shared_pre = nullptr;
    const bool share = !keep || checkpoint_;
    if (share) {
      want(&shared_qkv, rows, ldqkv_);
      want(&shared_x1, rows, ld_);
      if (keep) want(&shared_pre, rows, ldm_);
    }
    if (!keep) want(&w.x, rows, ld_);
    for (int i = 0; i < c_.layers; ++i) {
      Kept& k = w.kept[(size_t)i];
      k = {};
      // The last block has one row of x1 and pre a lane.
      const size_t few = i == c_.layers - 1 ? (size_t)images : rows;
      if (keep) want(&k.x0, rows, ld_);
      if (!share) {
        want(&k.qkv, rows, ldqkv_);
        want(&k.x1, few, ld_);
        want(&k.pre, few, ldm_);
      }
    }
    if (keep) {
      want(&w.dx, drows, ld_);
      want(&w.da, drows, ld_);
      want(&w.dqkv, drows, ldqkv_);
      want(&w.dhidden, 1, std::max(drows * ldm_, patch_rows * ldp_));
      want(&w.cls_d, cls, ld_);
      want(&w.dz, cls, ldz_);
    }
    const size_t widest = (size_t)std::max({padded(3 * d_), padded(m_), padded(c_.patch_numbers()), padded(c_.dims)}) + 32;
    const size_t half_at = total;
    if (bf16_) total += (most * widest + 1) / 2 + 32;
    const size_t local = attention_scratch(ks_, n_, d_ / c_.heads);
    const size_t local_at = total = (total + 15) / 16 * 16;
    total += local * (size_t)threads_;
    if (scratch_.floats() < total) {
      scratch_ = Buffer();
      scratch_ = Buffer(total);
      scratch_bytes_ = total * sizeof(float);
      // Padding is read into sums whose results are dropped; it must not hold signalling garbage or slow denormals.
      std::memset(scratch_.get(), 0, total * sizeof(float));
    }
    float* base = scratch_.get();
    for (auto& [p, at] : wanted) *p = base + at;
    w.patches = w.hidden;
    if (share)
      for (Kept& k : w.kept) k = {k.x0, shared_qkv, shared_x1, shared_pre};
    if (!keep)
      for (Kept& k : w.kept) k.x0 = w.x;
    w.run = {&ks_, threads_, nullptr};
    w.run.bf16_a = bf16_ ? reinterpret_cast<uint16_t*>(base + half_at) : nullptr;
    w.run.local = base + local_at;
    w.run.local_floats = local;
    w.norms.resize((size_t)images);
    return w;
  }

  // Calls task(first, end) over rows in pieces, on all threads.
  template <class Task>
  void each(const Work& w, int rows, Task task) const {
    const int pieces = std::min(rows, w.run.threads * 3);
    Pool::shared().run(pieces, w.run.threads, [&](int i, int) {
      task((int)((int64_t)rows * i / pieces), (int)((int64_t)rows * (i + 1) / pieces));
    });
  }

  void norm_forward(const Work& w, const Norm& norm, int rows, const float* x, ptrdiff_t ldx, float* y, ptrdiff_t ldy) const {
    each(w, rows, [&](int r0, int r1) {
      for (int r = r0; r < r1; ++r)
        ks_.layer_norm(x + r * ldx, norm.w.data(), norm.b.data(), d_, c_.eps, y + r * ldy);
    });
  }

  // dx += VJP at x for dy; row r of dx belongs to row r % period of x.
  void norm_vjp(const Work& w, const Norm& norm, int rows, const float* x, ptrdiff_t ldx, int period, const float* dy,
                ptrdiff_t lddy, float* dx, ptrdiff_t lddx) const {
    each(w, rows, [&](int r0, int r1) {
      for (int r = r0; r < r1; ++r)
        ks_.layer_norm_vjp(x + (r % period) * ldx, norm.w.data(), d_, c_.eps, dy + r * lddy, dx + r * lddx);
    });
  }

  Finish activation() const { return c_.act == Activation::kQuickGelu ? Finish::kQuickGelu : Finish::kGelu; }
  Finish activation_grad() const {
    return c_.act == Activation::kQuickGelu ? Finish::kQuickGeluGrad : Finish::kGeluGrad;
  }

  // y = init + x w^T + bias.
  void apply(const Work& w, const Linear& l, int rows, const float* x, ptrdiff_t ldx, float* y, ptrdiff_t ldy,
             const float* init = nullptr, ptrdiff_t ldi = 0) const {
    Output o{y, ldy};
    o.init = init;
    o.ldi = ldi;
    if (!l.bias.empty()) {
      o.finish = Finish::kBias;
      o.bias = l.bias.data();
    }
    gemm(w.run, rows, x, ldx, l.forward, o);
  }

  void apply_vjp(const Work& w, const Linear& l, int rows, const float* dy, ptrdiff_t lddy, float* dx, ptrdiff_t lddx,
                 bool add = false) const {
    Output o{dx, lddx};
    if (add) {
      o.init = dx;
      o.ldi = lddx;
    }
    gemm(w.run, rows, dy, lddy, l.backward, o);
  }

  Head head(const float* qkv, int lane, int index, int queries) const {
    const int e = d_ / c_.heads;
    const float* at = qkv + (size_t)lane * n_ * ldqkv_ + index * e;
    return {queries, n_, e, at, ldqkv_, at + d_, at + 2 * d_, ldqkv_};
  }

  bool forward(Work& w, const float* images, bool keep) {
    const int rows = w.images * n_;
    const size_t pixels = (size_t)3 * c_.size * c_.size;
    for (int lane = 0; lane < w.images; ++lane) {
      gather(w, images + lane * pixels);
      float* to = w.embedded + (size_t)lane * n_ * ld_;
      std::memcpy(to, positions_.data(), (size_t)d_ * sizeof(float));
      apply(w, patch_, n_ - 1, w.patches, ldp_, to + ld_, ld_, positions_.data() + ld_, ld_);
    }
    float* x = w.kept[0].x0;
    norm_forward(w, pre_, rows, w.embedded, ld_, x, ld_);
    for (int i = 0; i < c_.layers - 1; ++i) {
      if (w.run.stop()) return false;
      block_forward(w, i, keep, keep ? w.kept[(size_t)i + 1].x0 : w.x);
    }
    if (w.run.stop()) return false;
    last_forward(w, keep);
    return true;
  }

  // Patches of one image as rows, channel by channel.
  void gather(const Work& w, const float* image) const {
    const int p = c_.patch, g = c_.grid(), s = c_.size;
    each(w, g, [&](int y0, int y1) {
      for (int gy = y0; gy < y1; ++gy)
        for (int ch = 0; ch < 3; ++ch)
          for (int y = 0; y < p; ++y) {
            const float* from = image + ((size_t)ch * s + gy * p + y) * s;
            for (int gx = 0; gx < g; ++gx)
              std::memcpy(w.patches + (size_t)(gy * g + gx) * ldp_ + (ch * p + y) * p, from + gx * p, (size_t)p * sizeof(float));
          }
    });
  }

  void scatter(const Work& w, const float* patches, float* image) const {
    const int p = c_.patch, g = c_.grid(), s = c_.size;
    each(w, g, [&](int y0, int y1) {
      for (int gy = y0; gy < y1; ++gy)
        for (int ch = 0; ch < 3; ++ch)
          for (int y = 0; y < p; ++y) {
            float* to = image + ((size_t)ch * s + gy * p + y) * s;
            for (int gx = 0; gx < g; ++gx)
              std::memcpy(to + gx * p, patches + (size_t)(gy * g + gx) * ldp_ + (ch * p + y) * p, (size_t)p * sizeof(float));
          }
    });
  }

  void project_qkv(Work& w, int i, int rows, const float* a, float* qkv) {
    // Queries first: their last tile may write beyond d columns, where the keys then come.
    apply(w, blocks_[(size_t)i].q, rows, a, ld_, qkv, ldqkv_);
    apply(w, blocks_[(size_t)i].kv, rows, a, ld_, qkv + d_, ldqkv_);
  }

  // x0 of block i to `next`; next may be x0 itself when nothing is kept, or null when only what is kept is wanted.
  void block_forward(Work& w, int i, bool keep, float* next) {
    const Block& b = blocks_[(size_t)i];
    const Kept& k = w.kept[(size_t)i];
    const int rows = w.images * n_, heads = c_.heads;
    norm_forward(w, b.ln1, rows, k.x0, ld_, w.a, ld_);
    project_qkv(w, i, rows, w.a, k.qkv);
    Pool::shared().run(w.images * heads, w.run.threads, [&](int at, int worker) {
      const int lane = at / heads, h = at % heads;
      attention_forward(ks_, head(k.qkv, lane, h, n_), w.run.local + (size_t)worker * w.run.local_floats,
                        w.a + (size_t)lane * n_ * ld_ + h * (d_ / heads), ld_);
    });
    apply(w, b.out, rows, w.a, ld_, k.x1, ld_, k.x0, ld_);
    mlp_forward(w, b, rows, k, keep, w.a, w.hidden, next);
  }

  void mlp_forward(Work& w, const Block& b, int rows, const Kept& k, bool keep, float* a, float* hidden, float* next) {
    norm_forward(w, b.ln2, rows, k.x1, ld_, a, ld_);
    if (!next) return apply(w, b.fc1, rows, a, ld_, k.pre, ldm_);
    Output o{hidden, ldm_};
    o.finish = activation();
    o.bias = b.fc1.bias.data();
    o.pre = keep ? k.pre : nullptr;
    o.ldp = ldm_;
    gemm(w.run, rows, a, ld_, b.fc1.forward, o);
    apply(w, b.fc2, rows, hidden, ldm_, next, ld_, k.x1, ld_);
  }

  // The last block: keys and values of all tokens, the rest for the class token of each lane.
  void last_forward(Work& w, bool keep) {
    const Block& b = blocks_.back();
    const Kept& k = w.kept.back();
    const int rows = w.images * n_, heads = c_.heads;
    const ptrdiff_t lane = (ptrdiff_t)n_ * ld_;
    norm_forward(w, b.ln1, rows, k.x0, ld_, w.a, ld_);
    apply(w, b.q, w.images, w.a, lane, k.qkv, (ptrdiff_t)n_ * ldqkv_);
    apply(w, b.kv, rows, w.a, ld_, k.qkv + d_, ldqkv_);
    Pool::shared().run(w.images * heads, w.run.threads, [&](int at, int worker) {
      const int l = at / heads, h = at % heads;
      attention_forward(ks_, head(k.qkv, l, h, 1), w.run.local + (size_t)worker * w.run.local_floats,
                        w.cls_a + (size_t)l * ld_ + h * (d_ / heads), ld_);
    });
    apply(w, b.out, w.images, w.cls_a, ld_, k.x1, ld_, k.x0, lane);
    mlp_forward(w, b, w.images, k, keep, w.cls_a, w.cls_hidden, w.last);
  }

  // Class tokens to unit embeddings; z and its norms stay for the backward.
  void head_forward(Work& w, float* embeddings) {
    norm_forward(w, post_, w.images, w.last, ld_, w.pooled, ldz_);
    const float* z = w.pooled;
    if (c_.project) {
      apply(w, projection_, w.images, w.pooled, ldz_, w.z, ldz_);
      z = w.z;
    }
    for (int lane = 0; lane < w.images; ++lane) {
      const float* row = z + (size_t)lane * ldz_;
      double squares = 0;
      for (int i = 0; i < c_.dims; ++i) squares += (double)row[i] * row[i];
      const float norm = std::max((float)std::sqrt(squares), 1e-12f);
      w.norms[(size_t)lane] = norm;
      for (int i = 0; i < c_.dims; ++i) embeddings[(size_t)lane * c_.dims + i] = row[i] / norm;
    }
  }

  bool backward(Work& w, const float* cotangents, float* gradients) {
    const int rows = w.lanes * n_;
    // Over one image all lanes read the same kept rows.
    const int period = w.images * n_;
    head_vjp(w, cotangents);
    if (!w.last_ready) last_again(w);
    last_vjp(w);
    for (int i = c_.layers - 2; i >= 0; --i) {
      if (w.run.stop()) return false;
      if (checkpoint_) block_forward(w, i, true, nullptr);
      block_vjp(w, i, rows, period);
    }
    if (w.run.stop()) return false;
    float* de = w.da;
    std::memset(de, 0, (size_t)rows * ld_ * sizeof(float));
    norm_vjp(w, pre_, rows, w.embedded, ld_, period, w.dx, ld_, de, ld_);
    const size_t pixels = (size_t)3 * c_.size * c_.size;
    for (int lane = 0; lane < w.lanes; ++lane) {
      apply_vjp(w, patch_, n_ - 1, de + ((size_t)lane * n_ + 1) * ld_, ld_, w.dhidden, ldp_);
      scatter(w, w.dhidden, gradients + lane * pixels);
    }
    return true;
  }

  // Cotangents to the class tokens' gradient, in row 0 of each lane of dx; all other rows zero.
  void head_vjp(Work& w, const float* cotangents) {
    const float* z = c_.project ? w.z : w.pooled;
    for (int lane = 0; lane < w.lanes; ++lane) {
      const int from = w.images == 1 ? 0 : lane;
      const float *row = z + (size_t)from * ldz_, *g = cotangents + (size_t)lane * c_.dims;
      float* dz = w.dz + (size_t)lane * ldz_;
      const double norm = w.norms[(size_t)from];
      double dot = 0;
      for (int i = 0; i < c_.dims; ++i) dot += row[i] / norm * g[i];
      for (int i = 0; i < c_.dims; ++i) dz[i] = (float)((g[i] - row[i] / norm * dot) / norm);
    }
    const float* dpooled = w.dz;
    ptrdiff_t ldd = ldz_;
    if (c_.project) {
      apply_vjp(w, projection_, w.lanes, w.dz, ldz_, w.cls_a, ld_);
      dpooled = w.cls_a;
      ldd = ld_;
    }
    std::memset(w.dx, 0, (size_t)w.lanes * n_ * ld_ * sizeof(float));
    norm_vjp(w, post_, w.lanes, w.last, ld_, w.images, dpooled, ldd, w.dx, (ptrdiff_t)n_ * ld_);
  }

  // With checkpointing, the parts of the last block for a second group of cotangents.
  void last_again(Work& w) { last_forward(w, true); }

  // dx of the MLP half: dx += LN2_vjp(((dx w2) act'(pre)) w1).
  void mlp_vjp(Work& w, const Block& b, int rows, const Kept& k, int period, float* dx, ptrdiff_t lddx, float* dhidden,
               float* da) {
    Output o{dhidden, ldm_};
    o.finish = activation_grad();
    o.pre = k.pre;
    o.ldp = ldm_;
    o.period = period;
    gemm(w.run, rows, dx, lddx, b.fc2.backward, o);
    apply_vjp(w, b.fc1, rows, dhidden, ldm_, da, ld_);
    norm_vjp(w, b.ln2, rows, k.x1, ld_, period, da, ld_, dx, lddx);
  }

  void block_vjp(Work& w, int i, int rows, int period) {
    const Block& b = blocks_[(size_t)i];
    const Kept& k = w.kept[(size_t)i];
    mlp_vjp(w, b, rows, k, period, w.dx, ld_, w.dhidden, w.da);
    apply_vjp(w, b.out, rows, w.dx, ld_, w.da, ld_);
    attention_backward(w, k, n_, w.da, ld_, w.dqkv);
    apply_vjp(w, b.q, rows, w.dqkv, ldqkv_, w.da, ld_);
    apply_vjp(w, b.kv, rows, w.dqkv + d_, ldqkv_, w.da, ld_, true);
    norm_vjp(w, b.ln1, rows, k.x0, ld_, period, w.da, ld_, w.dx, ld_);
  }

  void attention_backward(Work& w, const Kept& k, int queries, const float* go, ptrdiff_t ldgo, float* dqkv) {
    const int heads = c_.heads, e = d_ / heads;
    Pool::shared().run(w.lanes * heads, w.run.threads, [&](int at, int worker) {
      const int lane = at / heads, h = at % heads, from = w.images == 1 ? 0 : lane;
      float* to = dqkv + (size_t)lane * n_ * ldqkv_ + h * e;
      attention_vjp(ks_, head(k.qkv, from, h, queries), w.run.local + (size_t)worker * w.run.local_floats,
                    go + (size_t)lane * queries * ldgo + h * e, ldgo, to, ldqkv_, to + d_, to + 2 * d_, ldqkv_);
    });
  }

  void last_vjp(Work& w) {
    const Block& b = blocks_.back();
    const Kept& k = w.kept.back();
    const int rows = w.lanes * n_;
    const ptrdiff_t lane = (ptrdiff_t)n_ * ld_, lane_qkv = (ptrdiff_t)n_ * ldqkv_;
    mlp_vjp(w, b, w.lanes, k, w.images, w.dx, lane, w.dhidden, w.cls_d);
    apply_vjp(w, b.out, w.lanes, w.dx, lane, w.cls_d, ld_);
    attention_backward(w, k, 1, w.cls_d, ld_, w.dqkv);
    apply_vjp(w, b.kv, rows, w.dqkv + d_, ldqkv_, w.da, ld_);
    apply_vjp(w, b.q, w.lanes, w.dqkv, lane_qkv, w.da, lane, true);
    norm_vjp(w, b.ln1, rows, k.x0, ld_, w.images * n_, w.da, ld_, w.dx, ld_);
  }

  const Kernels& ks_;
  const Config c_;
  const bool bf16_, checkpoint_;
  const int threads_;
  const int n_, d_, m_;
  const ptrdiff_t ld_, ldm_, ldqkv_, ldp_, ldz_;
  Linear patch_, projection_;
  Norm pre_, post_;
  std::vector<float> positions_;
  std::vector<Block> blocks_;
  Buffer scratch_;
  std::atomic<size_t> scratch_bytes_{0};  // read by info() while a call may run
};

}  // namespace

Failure FastVit::make(WeightFile& file, const Kernels& ks, const LoadOptions& options, std::unique_ptr<FastVit>* out) {
  auto vit = std::make_unique<Vit>(ks, options, file.config(), options.bf16);
  if (Failure f = vit->read(file)) return f;
  *out = std::move(vit);
  return {};
}

}  // namespace accent
