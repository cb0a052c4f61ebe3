#include "encoder.h"

#include <cmath>

#include "cpu.h"
#include "preprocess.h"

namespace accent {
namespace {

std::string known_paths() {
  std::string s = "reference";
  for (const Kernels* k : usable_kernels()) s += std::string(", ") + k->name;
  return s;
}

}  // namespace

Failure Encoder::load(std::unique_ptr<Source> source, const LoadOptions& options, std::shared_ptr<Encoder>* out) {
  auto e = std::make_shared<Encoder>();
  LoadOptions o = options;
  const Kernels* ks = nullptr;
  if (o.path == "auto") {
    if (o.bf16) {
      ks = find_kernels("avx512-bf16");
      // Without the instructions bf16 weights would only lose precision: they are widened at load, so f32 it is.
      if (!ks)
        return fail("backend_unavailable",
                    "This processor has no bf16 dot product (AVX512-BF16); load with precision \"f32\".");
    } else {
      const auto usable = usable_kernels();
      if (!usable.empty()) ks = usable.front();
    }
  } else if (o.path != "reference") {
    ks = find_kernels(o.path.c_str());
    if (!ks)
      return fail("backend_unavailable", "The kernel path \"" + o.path + "\" is not usable on this processor; usable: " + known_paths() + ".");
    if (o.bf16 && !ks->tile_bf16[0])
      return fail("backend_unavailable", "The kernel path \"" + o.path + "\" has no bf16 products; load with precision \"f32\".");
  }
  if (o.bf16 && !ks) return fail("backend_unavailable", "The reference path computes in f64 and has no bf16 products.");

  std::unique_ptr<WeightFile> file;
  if (Failure f = WeightFile::open(std::move(source), o.overrides, &file)) return f;
  e->info_.config = file->config();
  e->info_.naming = file->naming();
  e->info_.bf16 = o.bf16;
  e->info_.checkpoint = o.checkpoint && ks;
  if (ks) {
    if (Failure f = FastVit::make(*file, *ks, o, &e->fast_)) return f;
    e->info_.path = ks->name;
    e->info_.threads = o.threads > 0 ? std::min(o.threads, Pool::shared().size()) : Pool::shared().size();
    e->info_.weight_bytes = e->fast_->weight_bytes();
  } else {
    e->reference_ = std::make_unique<Weights>();
    Weights& w = *e->reference_;
    w.config = file->config();
    if (Failure f = file->outer(&w.outer)) return f;
    w.layers.resize((size_t)w.config.layers);
    for (int i = 0; i < w.config.layers; ++i)
      if (Failure f = file->layer(i, &w.layers[(size_t)i])) return f;
    e->info_.path = "reference";
    e->info_.threads = 1;
  }
  *out = std::move(e);
  return {};
}

Info Encoder::info() const {
  Info i = info_;
  if (fast_) i.scratch_bytes = fast_->scratch_bytes();
  return i;
}

Failure Encoder::check(const Images&, const float* numbers, size_t count, const char* what) const {
  for (size_t i = 0; i < count; ++i)
    if (!std::isfinite(numbers[i]))
      return fail("non_finite", std::string("The ") + what + " holds NaN or infinity at number " + std::to_string(i) + "; expected finite numbers.");
  return {};
}

Failure Encoder::embed(const Images& images, const std::atomic<bool>* cancelled, float* embeddings) {
  const Config& c = config();
  const Preprocess prepare(c, images.height, images.width);
  const size_t pixels = (size_t)3 * c.size * c.size, dims = (size_t)c.dims;
  if (Failure f = check(images, images.data, prepare.input_numbers() * (size_t)images.count, "image")) return f;
  std::lock_guard<std::mutex> lock(Pool::shared().driver());
  if (reference_) {
    std::vector<double> in(prepare.input_numbers()), seen(pixels), e(dims);
    for (int i = 0; i < images.count; ++i) {
      if (cancelled && *cancelled) return fail("cancelled", "The call was cancelled.");
      const float* from = images.data + (size_t)i * in.size();
      in.assign(from, from + in.size());
      prepare.forward(in.data(), seen.data());
      reference_embed(*reference_, seen.data(), e.data());
      for (size_t j = 0; j < dims; ++j) embeddings[(size_t)i * dims + j] = (float)e[j];
    }
  } else {
    const int batch = fast_->batch();
    std::vector<float> seen((size_t)std::min(batch, images.count) * pixels);
    for (int i = 0; i < images.count; i += batch) {
      const int n = std::min(batch, images.count - i);
      for (int j = 0; j < n; ++j)
        prepare.forward(images.data + (size_t)(i + j) * prepare.input_numbers(), seen.data() + (size_t)j * pixels);
      if (Failure f = fast_->embed(seen.data(), n, cancelled, embeddings + (size_t)i * dims)) return f;
    }
  }
  return check(images, embeddings, (size_t)images.count * dims, "embedding (the image's numbers may be too large; it)");
}

Failure Encoder::vjp(const Images& images, int cotangent_count, const float* cotangents,
                     const std::atomic<bool>* cancelled, float* embeddings, float* gradients) {
  const Config& c = config();
  const Preprocess prepare(c, images.height, images.width);
  const size_t pixels = (size_t)3 * c.size * c.size, dims = (size_t)c.dims, numbers = prepare.input_numbers();
  if (Failure f = check(images, images.data, numbers * (size_t)images.count, "image")) return f;
  if (Failure f = check(images, cotangents, dims * (size_t)cotangent_count, "cotangent")) return f;
  std::lock_guard<std::mutex> lock(Pool::shared().driver());
  const bool one = images.count == 1;
  if (reference_) {
    std::vector<double> in(numbers), seen(pixels), e(dims), g, back(numbers);
    const int each = one ? cotangent_count : 1;
    g.resize(pixels * (size_t)each);
    for (int i = 0; i < images.count; ++i) {
      if (cancelled && *cancelled) return fail("cancelled", "The call was cancelled.");
      const float* from = images.data + (size_t)i * numbers;
      in.assign(from, from + numbers);
      prepare.forward(in.data(), seen.data());
      const float* cot = cotangents + (size_t)i * dims;
      const std::vector<double> ct(cot, cot + dims * (size_t)each);
      reference_vjp(*reference_, seen.data(), each, ct.data(), e.data(), g.data());
      for (size_t j = 0; j < dims; ++j) embeddings[(size_t)i * dims + j] = (float)e[j];
      for (int k = 0; k < each; ++k) {
        prepare.vjp(g.data() + (size_t)k * pixels, back.data());
        float* to = gradients + (size_t)(i + k) * numbers;
        for (size_t j = 0; j < numbers; ++j) to[j] = (float)back[j];
      }
    }
  } else {
    // Whole batches through the encoder, then back to the image's own size one by one.
    const int batch = one ? 1 : fast_->batch();
    std::vector<float> seen((size_t)std::min(batch, images.count) * pixels);
    for (int i = 0; i < images.count; i += batch) {
      const int n = std::min(batch, images.count - i), back = one ? cotangent_count : n;
      for (int j = 0; j < n; ++j)
        prepare.forward(images.data + (size_t)(i + j) * numbers, seen.data() + (size_t)j * pixels);
      std::vector<float> g((size_t)back * pixels);
      if (Failure f = fast_->vjp(seen.data(), n, back, cotangents + (size_t)i * dims, cancelled,
                                 embeddings + (size_t)i * dims, g.data()))
        return f;
      for (int j = 0; j < back; ++j)
        prepare.vjp(g.data() + (size_t)j * pixels, gradients + (size_t)(i + j) * numbers);
    }
  }
  if (Failure f = check(images, embeddings, (size_t)images.count * dims, "embedding (the image's numbers may be too large; it)")) return f;
  return check(images, gradients, numbers * (size_t)cotangent_count, "gradient (the numbers may be too large; it)");
}

}  // namespace accent
