// An image encoder ready to run: weights, path, preprocessing, scratch memory.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>

#include "failure.h"
#include "gemm.h"
#include "vit.h"
#include "weights.h"

namespace accent {

struct LoadOptions {
  Overrides overrides;
  std::string path = "auto";  // auto, reference, or the name of a table of loops
  bool bf16 = false;
  bool checkpoint = false;    // keep only the blocks' inputs and compute each block again in the backward
  int threads = 0;            // 0: as many as the pool has
};

struct Info {
  Config config;
  std::string path;    // "reference" or the table's name
  std::string naming;
  bool bf16 = false, checkpoint = false;
  int threads = 1;
  size_t weight_bytes = 0;
  size_t scratch_bytes = 0;  // largest so far
};

// The fast kernel, on images as the encoder sees them.
class FastVit {
 public:
  static Failure make(WeightFile& file, const Kernels& ks, const LoadOptions& options, std::unique_ptr<FastVit>* out);
  virtual ~FastVit() = default;

  // Images that are worth handling together.
  virtual int batch() const = 0;
  // images [count, 3, size, size] to embeddings [count, D].
  virtual Failure embed(const float* images, int count, const std::atomic<bool>* cancelled, float* embeddings) = 0;
  // One forward over `count` images, then `cotangents` backwards: as many as images, or any number over one image.
  virtual Failure vjp(const float* images, int count, int cotangent_count, const float* cotangents,
                      const std::atomic<bool>* cancelled, float* embeddings, float* gradients) = 0;
  virtual size_t weight_bytes() const = 0;
  virtual size_t scratch_bytes() const = 0;
};

struct Images {
  const float* data;  // [count, 3, height, width]
  int count, height, width;
};

class Encoder {
 public:
  static Failure load(std::unique_ptr<Source> source, const LoadOptions& options, std::shared_ptr<Encoder>* out);

  Failure embed(const Images& images, const std::atomic<bool>* cancelled, float* embeddings);
  // cotangents [cotangent_count, D]; cotangent_count == images.count, or images.count == 1.
  Failure vjp(const Images& images, int cotangent_count, const float* cotangents, const std::atomic<bool>* cancelled,
              float* embeddings, float* gradients);
  Info info() const;
  const Config& config() const { return info_.config; }

 private:
  Failure check(const Images& images, const float* numbers, size_t count, const char* what) const;

  Info info_;
  std::unique_ptr<FastVit> fast_;
  std::unique_ptr<Weights> reference_;
};

}  // namespace accent
