// Reader of safetensors files. The whole header is checked, and every length against the file's, before anything of
// a tensor's size is allocated. Rules: an 8-byte little-endian header length, at most 100,000,000; a JSON object that
// starts with '{' at once, UTF-8, no key twice; `__metadata__` maps text to text; every other key is a tensor with a
// known dtype, a shape whose product does not overflow, and offsets that cover the data from 0 to the end of the file
// without holes or overlaps.
#pragma once
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "failure.h"

namespace accent {

enum class Dtype { kF32, kF16, kBf16, kOther };

struct TensorInfo {
  Dtype dtype = Dtype::kOther;
  std::string dtype_name;
  std::vector<uint64_t> shape;
  uint64_t begin = 0, end = 0;  // bytes, from the start of the data

  uint64_t elements() const;
};

// Bytes at rest: a file or a block of memory.
class Source {
 public:
  virtual ~Source() = default;
  virtual uint64_t size() const = 0;
  // False when fewer bytes are there, for example because the file was cut meanwhile.
  virtual bool read(uint64_t at, void* to, size_t bytes) = 0;
};

std::unique_ptr<Source> memory_source(std::vector<uint8_t> bytes);
// Null with a failure when the file cannot be opened.
std::unique_ptr<Source> file_source(const std::string& path, Failure* failure);

struct Safetensors {
  std::map<std::string, TensorInfo> tensors;
  std::map<std::string, std::string> metadata;
  uint64_t data_at = 0;  // where the data starts in the source
};

Failure read_header(Source& source, Safetensors* out);

// A tensor as f32, whatever it is stored as. Refuses NaN and infinity, naming the tensor.
Failure read_f32(Source& source, const Safetensors& file, const std::string& name, std::vector<float>* out);

float f16_to_f32(uint16_t h);

}  // namespace accent
