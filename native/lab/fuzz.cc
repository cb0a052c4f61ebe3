// libFuzzer target of the two places where foreign bytes come in. The first byte chooses: a weights file, which is run
// once where the reader accepts it, so that a shape that passes the checks and still leads out of bounds is found too;
// or a call's arguments, with arrays exactly as long as they claim to be, so that a check that lets too much through is
// a report of AddressSanitizer.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "arguments.h"
#include "models.h"

using namespace accent;

namespace {

// Takes the input apart from its front; zeros where it has ended.
struct Bytes {
  const uint8_t* at;
  size_t left;

  template <class T>
  T take() {
    T v{};
    const size_t n = std::min(left, sizeof v);
    if (n > 0) std::memcpy(&v, at, n);
    at += n;
    left -= n;
    return v;
  }
  // Mostly small whole numbers, else any bits of a double.
  double number() {
    const uint8_t kind = take<uint8_t>();
    return kind < 200 ? kind % 40 : take<double>();
  }
  std::string text() {
    const char* all[] = {"", "auto", "f32", "bf16", "gelu", "quick_gelu", "reference", "avx2", "avx512-bf16"};
    return all[take<uint8_t>() % 9];
  }
};

// Work that a fuzzer should not wait for; the limit is far above what any wrong check needs.
bool too_much(const Config& c, double images) {
  const double n = c.tokens();
  return 3.0 * c.size * c.size * images > 1 << 20 || n * c.layers * c.width * (c.width + n + c.mlp) * images > 1 << 26;
}

// A refusal says why; a success has only finite numbers.
void judge(const Failure& f, const std::vector<float>& numbers) {
  if (f && f.message.empty()) std::abort();
  if (f) return;
  for (float v : numbers)
    if (!std::isfinite(v)) std::abort();
}

void weights_file(uint8_t choice, const uint8_t* data, size_t size) {
  LoadOptions o;
  o.threads = 1;
  if (choice & 2) o.overrides.act = Activation::kGelu;
  if (choice & 4) o.path = "reference";
  o.checkpoint = choice & 8;
  if (choice & 16) o.overrides.heads = 1 + (choice >> 5);
  std::shared_ptr<Encoder> e;
  const Failure f = Encoder::load(memory_source(std::vector<uint8_t>(data, data + size)), o, &e);
  if (f) return judge(f, {});
  const Config& c = e->config();
  if (too_much(c, 1)) return;
  const std::vector<float> image((size_t)3 * c.size * c.size, 0.25f), cotangent((size_t)c.dims, 1.0f);
  std::vector<float> embedding((size_t)c.dims), gradient(image.size());
  judge(e->vjp({image.data(), 1, c.size, c.size}, 1, cotangent.data(), nullptr, embedding.data(), gradient.data()), gradient);
}

// One small encoder under every option that the checks let through.
std::shared_ptr<Encoder> small_encoder(Bytes& in) {
  static const Weights w = [] {
    Config c;
    c.patch = 3, c.size = 9, c.width = 12, c.heads = 3, c.mlp = 20, c.layers = 2, c.dims = 7, c.project = true;
    return random_weights(c, 5);
  }();
  RawOptions raw;
  const uint8_t given = in.take<uint8_t>();
  if (given & 1) raw.path = in.text();
  if (given & 2) raw.precision = in.text();
  if (given & 4) raw.act = in.text();
  if (given & 8) raw.heads = in.number();
  if (given & 16) raw.threads = in.number();
  if (given & 32) raw.eps = in.number();
  if (given & 64)
    for (auto* triple : {&raw.mean, &raw.std}) {
      triple->emplace();
      for (int i = in.take<uint8_t>() % 5; i > 0; --i) (*triple)->push_back(in.number());
    }
  raw.checkpoint = given & 128;
  LoadOptions options;
  std::shared_ptr<Encoder> e;
  Failure f = read_options(raw, &options);
  if (!f) f = Encoder::load(as_file(w), options, &e);
  judge(f, {});
  return e;
}

void arguments(const uint8_t* data, size_t size) {
  Bytes in{data, size};
  const std::shared_ptr<Encoder> e = small_encoder(in);
  if (!e) return;
  RawCall raw;
  raw.count = in.number(), raw.height = in.number(), raw.width = in.number(), raw.cotangent_count = in.number();
  // The right length or another one.
  const double images = 3 * raw.count * raw.height * raw.width, cotangents = raw.cotangent_count * e->config().dims;
  const uint8_t wrong = in.take<uint8_t>();
  raw.image_numbers = (wrong & 1) || !(images >= 0 && images < 1 << 20) ? in.take<uint16_t>() : (size_t)images;
  raw.cotangent_numbers = (wrong & 2) || !(cotangents >= 0 && cotangents < 1 << 20) ? in.take<uint16_t>() : (size_t)cotangents;
  Images view{};
  int count = 0;
  Failure f = read_images(raw, &view);
  if (!f) f = read_cotangents(raw, view, e->config().dims, &count);
  if (f) return judge(f, {});
  const double result = 3.0 * count * view.height * view.width;
  if (result > 1 << 20 || too_much(e->config(), std::max(view.count, count))) return;
  std::vector<float> x(raw.image_numbers), g(raw.cotangent_numbers), gradients((size_t)result);
  for (float& v : x) v = (float)in.take<int8_t>() / 32;
  for (float& v : g) v = (float)in.take<int8_t>() / 32;
  if (wrong & 4) x[x.size() / 2] = in.take<float>();
  std::vector<float> embeddings((size_t)view.count * (size_t)e->config().dims);
  view.data = x.data();
  judge(e->vjp(view, count, g.data(), nullptr, embeddings.data(), gradients.data()), gradients);
  judge(e->embed(view, nullptr, embeddings.data()), embeddings);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  if (data[0] & 1) arguments(data + 1, size - 1);
  else weights_file(data[0], data + 1, size - 1);
  return 0;
}
