#include "safetensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "json.h"

namespace accent {
namespace {

constexpr uint64_t kMaxHeader = 100'000'000;

struct DtypeRow {
  const char* name;
  int bits;
  Dtype dtype;
};
constexpr DtypeRow kDtypes[] = {
    {"F32", 32, Dtype::kF32},      {"F16", 16, Dtype::kF16},      {"BF16", 16, Dtype::kBf16},
    {"BOOL", 8, Dtype::kOther},    {"U8", 8, Dtype::kOther},      {"I8", 8, Dtype::kOther},
    {"F8_E5M2", 8, Dtype::kOther}, {"F8_E4M3", 8, Dtype::kOther}, {"F8_E8M0", 8, Dtype::kOther},
    {"I16", 16, Dtype::kOther},    {"U16", 16, Dtype::kOther},    {"I32", 32, Dtype::kOther},
    {"U32", 32, Dtype::kOther},    {"F64", 64, Dtype::kOther},    {"I64", 64, Dtype::kOther},
    {"U64", 64, Dtype::kOther},    {"F4", 4, Dtype::kOther},      {"F6_E2M3", 6, Dtype::kOther},
    {"F6_E3M2", 6, Dtype::kOther}, {"C64", 64, Dtype::kOther},
};

const DtypeRow* find_dtype(const std::string& name) {
  for (const DtypeRow& row : kDtypes)
    if (name == row.name) return &row;
  return nullptr;
}

bool multiply(uint64_t a, uint64_t b, uint64_t* out) { return !__builtin_mul_overflow(a, b, out); }

bool is_utf8(const std::string& s) {
  for (size_t i = 0; i < s.size();) {
    const unsigned char c = (unsigned char)s[i];
    const int more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : -1;
    if (more < 0 || i + (size_t)more >= s.size()) return false;
    for (int j = 1; j <= more; ++j)
      if (((unsigned char)s[i + (size_t)j] & 0xc0) != 0x80) return false;
    const unsigned char second = more > 0 ? (unsigned char)s[i + 1] : 0;
    // Overlong forms, surrogates, and beyond U+10FFFF.
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second >= 0xa0) || (c == 0xf0 && second < 0x90) ||
        (c == 0xf4 && second >= 0x90))
      return false;
    i += (size_t)more + 1;
  }
  return true;
}

// A name in a message: short, and without control characters.
std::string shown(const std::string& s) {
  std::string out = "\"";
  for (char ch : s.substr(0, 80)) out += (unsigned char)ch < 0x20 || ch == 0x7f ? '?' : ch;
  return out + (s.size() > 80 ? "...\"" : "\"");
}

bool parse_metadata(Json& json, std::map<std::string, std::string>* out) {
  if (!json.take('{')) return false;
  if (json.peek('}')) return json.take('}');
  for (;;) {
    std::string key, value;
    if (!json.string(&key) || !json.take(':') || !json.string(&value)) return false;
    if (!out->emplace(key, value).second) return json.bad("metadata key " + shown(key) + " appears twice");
    if (json.peek('}')) return json.take('}');
    if (!json.take(',')) return false;
  }
}

bool parse_tensor(Json& json, const std::string& name, TensorInfo* out) {
  bool dtype = false, shape = false, offsets = false, first = true;
  if (!json.take('{')) return false;
  while (true) {
    std::string key;
    if (json.peek('}')) {
      json.take('}');
      break;
    }
    if (!first && !json.take(',')) return false;
    if (!json.string(&key) || !json.take(':')) return false;
    if (key == "dtype" && !dtype) {
      if (!json.string(&out->dtype_name)) return false;
      dtype = true;
    } else if (key == "shape" && !shape) {
      if (!json.list(&out->shape)) return false;
      shape = true;
    } else if (key == "data_offsets" && !offsets) {
      std::vector<uint64_t> range;
      if (!json.list(&range)) return false;
      if (range.size() != 2) return json.bad("data_offsets of " + shown(name) + " must be two numbers");
      out->begin = range[0];
      out->end = range[1];
      offsets = true;
    } else if (key == "dtype" || key == "shape" || key == "data_offsets") {
      return json.bad("tensor " + shown(name) + " has the key " + shown(key) + " twice");
    } else if (!json.skip(0)) {
      return false;
    }
    first = false;
  }
  if (!dtype || !shape || !offsets)
    return json.bad("tensor " + shown(name) + " lacks dtype, shape or data_offsets");
  return true;
}

Failure check_layout(const Safetensors& file, uint64_t data_bytes) {
  std::vector<std::pair<const std::string*, const TensorInfo*>> order;
  for (const auto& [name, t] : file.tensors) {
    const DtypeRow* row = find_dtype(t.dtype_name);
    if (!row) return fail("bad_tensor", "Tensor " + shown(name) + " has the unknown dtype " + shown(t.dtype_name) + ".");
    uint64_t bits = (uint64_t)row->bits;
    for (uint64_t side : t.shape)
      if (!multiply(bits, side, &bits))
        return fail("bad_tensor", "The shape of tensor " + shown(name) + " is too large to count.");
    if (bits % 8 != 0 || t.end < t.begin || t.end - t.begin != bits / 8)
      return fail("bad_tensor", "Tensor " + shown(name) + " needs " + std::to_string(bits / 8) +
                                    " bytes by shape and dtype, but its offsets are " + std::to_string(t.begin) + " to " +
                                    std::to_string(t.end) + ".");
    order.emplace_back(&name, &t);
  }
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::make_pair(a.second->begin, a.second->end) < std::make_pair(b.second->begin, b.second->end);
  });
  uint64_t at = 0;
  for (const auto& [name, t] : order) {
    if (t->begin != at)
      return fail("bad_tensor", "Tensor " + shown(*name) + " starts at byte " + std::to_string(t->begin) + " of the data; expected " +
                                    std::to_string(at) + ", without holes or overlaps.");
    at = t->end;
  }
  if (at != data_bytes)
    return fail("bad_tensor", "The tensors end at byte " + std::to_string(at) + " of the data, but the file has " +
                                  std::to_string(data_bytes) + "; the file is cut or has something behind its end.");
  return {};
}

}  // namespace

uint64_t TensorInfo::elements() const {
  uint64_t n = 1;
  for (uint64_t side : shape) n *= side;  // read_header has seen that this does not overflow
  return n;
}

Failure read_header(Source& source, Safetensors* out) {
  uint8_t raw[8];
  if (source.size() < 8 || !source.read(0, raw, 8))
    return fail("bad_header", "The weights are no safetensors file: shorter than 8 bytes.");
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | raw[i];
  if (length > kMaxHeader || length > source.size() - 8)
    return fail("bad_header", "The safetensors header claims " + std::to_string(length) + " bytes; the file has " +
                                  std::to_string(source.size() - 8) + " after it begins, and " +
                                  std::to_string(kMaxHeader) + " are allowed.");
  std::string text((size_t)length, '\0');
  if (!source.read(8, &text[0], (size_t)length))
    return fail("changed_while_reading", "The weights file became shorter while it was read.");
  if (text.empty() || text[0] != '{') return fail("bad_header", "The safetensors header must start with '{'.");
  if (!is_utf8(text)) return fail("bad_header", "The safetensors header is not valid UTF-8.");

  Json json(text);
  bool metadata = false;
  json.take('{');
  if (!json.peek('}')) {
    for (;;) {
      std::string name;
      if (!json.string(&name) || !json.take(':')) break;
      if (name == "__metadata__") {
        if (metadata) {
          json.bad("__metadata__ appears twice");
          break;
        }
        metadata = true;
        if (!parse_metadata(json, &out->metadata)) break;
      } else {
        TensorInfo t;
        if (!parse_tensor(json, name, &t)) break;
        if (const DtypeRow* row = find_dtype(t.dtype_name)) t.dtype = row->dtype;
        if (!out->tensors.emplace(name, std::move(t)).second) {
          json.bad("tensor " + shown(name) + " appears twice");
          break;
        }
      }
      if (json.peek('}')) break;
      if (!json.take(',')) break;
    }
  }
  if (json.error.empty() && json.take('}') && !json.at_end()) json.bad("something behind the header's end");
  if (!json.error.empty()) return fail("bad_header", "The safetensors header is malformed: " + json.error + ".");
  out->data_at = 8 + length;
  return check_layout(*out, source.size() - out->data_at);
}

float f16_to_f32(uint16_t h) {
  const uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, mantissa = h & 1023;
  uint32_t bits;
  if (exponent == 31) {
    bits = sign | 0x7f800000u | mantissa << 13;
  } else if (exponent > 0) {
    bits = sign | (exponent + 112) << 23 | mantissa << 13;
  } else {
    const float v = (float)mantissa * 0x1p-24f;
    std::memcpy(&bits, &v, 4);
    bits |= sign;
  }
  float out;
  std::memcpy(&out, &bits, 4);
  return out;
}

Failure read_f32(Source& source, const Safetensors& file, const std::string& name, std::vector<float>* out) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end()) return fail("bad_tensor", "The weights lack the tensor " + shown(name) + ".");
  const TensorInfo& t = found->second;
  if (t.dtype == Dtype::kOther)
    return fail("bad_tensor", "Tensor " + shown(name) + " is stored as " + t.dtype_name + "; expected F32, F16 or BF16.");
  const size_t n = (size_t)t.elements();
  out->resize(n);
  const uint64_t at = file.data_at + t.begin;
  if (t.dtype == Dtype::kF32) {
    if (!source.read(at, out->data(), n * 4))
      return fail("changed_while_reading", "The weights file became shorter while it was read.");
  } else {
    std::vector<uint16_t> half(n);
    if (!source.read(at, half.data(), n * 2))
      return fail("changed_while_reading", "The weights file became shorter while it was read.");
    for (size_t i = 0; i < n; ++i) {
      if (t.dtype == Dtype::kF16) {
        (*out)[i] = f16_to_f32(half[i]);
      } else {
        const uint32_t bits = (uint32_t)half[i] << 16;
        std::memcpy(&(*out)[i], &bits, 4);
      }
    }
  }
  for (float v : *out)
    if (!std::isfinite(v)) return fail("non_finite", "Tensor " + shown(name) + " holds NaN or infinity; the weights are damaged.");
  return {};
}

}  // namespace accent
