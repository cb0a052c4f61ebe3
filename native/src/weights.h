// Finds a CLIP image encoder in a safetensors file, under Hugging Face's names (CLIPModel, CLIPVisionModel,
// CLIPVisionModelWithProjection, and ours, which are the same) or OpenCLIP's (`visual.*`, or the visual tower alone),
// and checks every shape against the others before a tensor is read.
#pragma once
#include <optional>

#include "safetensors.h"
#include "vit.h"

namespace accent {

// What the caller says; it wins over the file's metadata.
struct Overrides {
  std::optional<Activation> act;
  std::optional<int> heads;
  std::optional<float> eps;
  std::optional<std::vector<float>> mean, std;  // 3 numbers
};

class WeightFile {
 public:
  static Failure open(std::unique_ptr<Source> source, const Overrides& overrides, std::unique_ptr<WeightFile>* out);

  const Config& config() const { return config_; }
  const char* naming() const { return open_clip_ ? "open_clip" : "hugging_face"; }
  Failure outer(OuterWeights* out);
  Failure layer(int index, LayerWeights* out);

 private:
  Failure inspect(const Overrides& overrides);
  Failure expect(const std::string& name, const std::vector<uint64_t>& shape) const;
  Failure read(const std::string& name, std::vector<float>* out);
  std::string layer_name(int index, const char* hugging_face, const char* open_clip) const;

  std::unique_ptr<Source> source_;
  Safetensors file_;
  Config config_;
  std::string prefix_;
  std::string projection_;  // empty: none
  bool open_clip_ = false;
};

}  // namespace accent
