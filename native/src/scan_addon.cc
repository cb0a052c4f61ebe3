// The boundary to JavaScript of the vector scan: rows of codes and searches over them, as addon.cc does it for encoders.
// Rows never change once they are there, so a search works on those that were there when it began, off the main thread,
// while others are added. The public face is native/scan.ts.
#include <algorithm>
#include <cstring>
#include <memory>

#include "addon.h"
#include "arguments.h"
#include "cpu.h"
#include "measure.h"
#include "pool.h"
#include "scan.h"

namespace accent {
namespace {

constexpr napi_type_tag kRowsTag = {0x2f6b9d10c47e4a85, 0xb1e07c5528d34f19};
constexpr int kMostWidth = 1 << 14;

bool is_array(const Napi::Value& v, napi_typedarray_type type) {
  return v.IsTypedArray() && v.As<Napi::TypedArray>().TypedArrayType() == type;
}

Napi::Value raise(Napi::Env env, const Failure& f) {
  make_error(env, f).ThrowAsJavaScriptException();
  return env.Undefined();
}

class SearchWorker final : public Worker {
 public:
  SearchWorker(Napi::Env env, const ScanPath& path, int threads, std::vector<BlockView> blocks, ScanQuery query)
      : Worker(env), path_(path), threads_(threads), blocks_(std::move(blocks)), query_(std::move(query)) {}

 private:
  Failure work() override { return scan(path_, threads_, blocks_, query_, &found_); }
  Napi::Value result(Napi::Env env) override {
    Napi::Uint32Array rows = Napi::Uint32Array::New(env, found_.size());
    Napi::Float64Array upper = Napi::Float64Array::New(env, found_.size());
    for (size_t i = 0; i < found_.size(); ++i) {
      rows[i] = found_[i].row;
      upper[i] = found_[i].upper;
    }
    Napi::Object o = Napi::Object::New(env);
    o.Set("rows", rows);
    o.Set("upper", upper);
    return o;
  }
  const ScanPath& path_;
  int threads_;
  std::vector<BlockView> blocks_;
  ScanQuery query_;
  std::vector<Candidate> found_;
};

class ReadWorker final : public Worker {
 public:
  ReadWorker(Napi::Env env, int threads) : Worker(env), threads_(threads) {}

 private:
  Failure work() override { return rate_ = measure_read(threads_), Failure{}; }
  Napi::Value result(Napi::Env env) override { return Napi::Number::New(env, rate_); }
  int threads_;
  double rate_ = 0;
};

class RowsObject : public Napi::ObjectWrap<RowsObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Rows",
                       {InstanceMethod<&RowsObject::open>("open"), InstanceMethod<&RowsObject::append>("append"),
                        InstanceMethod<&RowsObject::block>("block"), InstanceMethod<&RowsObject::search>("search"),
                        InstanceMethod<&RowsObject::about>("about"), InstanceMethod<&RowsObject::close>("close")});
  }
  explicit RowsObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<RowsObject>(info) {
    info.This().As<Napi::Object>().TypeTag(&kRowsTag);
  }

  std::unique_ptr<Rows> rows;

 private:
  // The rows of `this`, or null with the reason.
  static Rows* self(const Napi::CallbackInfo& info, Failure* f) {
    const RowsObject* object = unwrap<RowsObject>(info.This(), kRowsTag);
    if (object && object->rows) return object->rows.get();
    *f = fail("invalid_input", "These rows are closed; open them again.");
    return nullptr;
  }

  // open(path, at, rows, checksums Uint32Array)
  Napi::Value open(const Napi::CallbackInfo& info) {
    Failure f;
    Rows* rows = self(info, &f);
    if (!rows) return raise(info.Env(), f);
    const double at = number(info[1]), count = number(info[2]);
    if (!info[0].IsString() || !(at >= 0 && at <= 9e15) || !(count >= 0 && count <= 9e15) ||
        !is_array(info[3], napi_uint32_array))
      return raise(info.Env(), fail("invalid_input", "Expected a path, a place, a number of rows and a Uint32Array of checksums."));
    const std::string path = info[0].As<Napi::String>().Utf8Value();
    if (path.empty() || path.find('\0') != std::string::npos)
      return raise(info.Env(), fail("invalid_input", "Expected a path without NUL characters."));
    const Napi::Uint32Array a = info[3].As<Napi::Uint32Array>();
    try {
      f = rows->open(path, (uint64_t)at, (uint64_t)count, std::vector<uint32_t>(a.Data(), a.Data() + a.ElementLength()));
    } catch (const std::exception&) {
      f = fail("out_of_memory", "There is not enough memory to open this index.");
    }
    return f ? raise(info.Env(), f) : info.Env().Undefined();
  }

  // append(scale, loss, codes Int8Array)
  Napi::Value append(const Napi::CallbackInfo& info) {
    Failure f;
    Rows* rows = self(info, &f);
    if (!rows) return raise(info.Env(), f);
    if (!info[0].IsNumber() || !info[1].IsNumber() || !is_array(info[2], napi_int8_array) ||
        info[2].As<Napi::TypedArray>().ElementLength() != (size_t)rows->width())
      return raise(info.Env(), fail("invalid_input", "Expected a scale, a loss and an Int8Array of " +
                                                         std::to_string(rows->width()) + " codes."));
    try {
      rows->append((float)number(info[0]), (float)number(info[1]), info[2].As<Napi::Int8Array>().Data());
    } catch (const std::exception&) {
      return raise(info.Env(), fail("out_of_memory", "There is not enough memory for another row."));
    }
    return info.Env().Undefined();
  }

  // block(i): Uint8Array: scales, losses and codes of its rows, as they lie in a file. Checked.
  Napi::Value block(const Napi::CallbackInfo& info) {
    Failure f;
    const Rows* rows = self(info, &f);
    if (!rows) return raise(info.Env(), f);
    const double i = number(info[0]);
    if (!(i >= 0 && i < (double)rows->blocks().size()))
      return raise(info.Env(), fail("invalid_input", "There is no such block."));
    const BlockView& view = rows->blocks()[(size_t)i];
    if ((f = view.block->check())) return raise(info.Env(), f);
    const size_t n = (size_t)view.rows, floats = n * sizeof(float), codes = n * (size_t)rows->width();
    Napi::Uint8Array out = Napi::Uint8Array::New(info.Env(), 2 * floats + codes);
    if (info.Env().IsExceptionPending() || out.ElementLength() != 2 * floats + codes) return info.Env().Undefined();
    std::memcpy(out.Data(), view.block->scales(), floats);
    std::memcpy(out.Data() + floats, view.block->losses(), floats);
    std::memcpy(out.Data() + 2 * floats, view.block->codes(), codes);
    return out;
  }

  // search(query Int16Array, step, length, lost, widest, rounding, k, left Uint8Array | undefined, path, threads)
  Napi::Value search(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Failure f;
    const Rows* rows = self(info, &f);
    if (!rows) return reject(env, f);
    if (!is_array(info[0], napi_int16_array) ||
        info[0].As<Napi::TypedArray>().ElementLength() != (size_t)rows->width())
      return reject(env, fail("invalid_input", "Expected an Int16Array of " + std::to_string(rows->width()) + " numbers for the query."));
    ScanQuery q;
    double* numbers[] = {&q.step, &q.length, &q.lost, &q.widest, &q.rounding};
    for (size_t i = 0; i < 5; ++i)
      if (!((*numbers[i] = number(info[i + 1])) >= 0))
        return reject(env, fail("invalid_input", "Expected numbers from 0 on for step, length, lost, widest and rounding."));
    int k, threads;
    if (!whole(number(info[6]), 1 << 30, &k) || !whole(number(info[9]), 1024, &threads))
      return reject(env, fail("invalid_input", "Expected whole numbers from 1 on for k and threads."));
    q.k = (size_t)std::min<uint64_t>((uint64_t)k, rows->count());
    const ScanPath* path = info[8].IsString() ? find_scan(info[8].As<Napi::String>().Utf8Value().c_str()) : nullptr;
    if (!path) return reject(env, fail("backend_unavailable", "No such path of the scan on this processor."));
    try {
      const Napi::Int16Array query = info[0].As<Napi::Int16Array>();
      q.codes.assign(query.Data(), query.Data() + query.ElementLength());
      if (!info[7].IsUndefined()) {
        if (!is_array(info[7], napi_uint8_array) || info[7].As<Napi::TypedArray>().ElementLength() > rows->count())
          return reject(env, fail("invalid_input", "Expected a Uint8Array with 1 for rows to leave out, at most as long as there are rows."));
        const Napi::Uint8Array left = info[7].As<Napi::Uint8Array>();
        q.left.assign(left.Data(), left.Data() + left.ElementLength());
        q.left.resize(rows->count(), 0);  // rows that came since are not left out
      }
      return queue(new SearchWorker(env, *path, std::min(threads, Pool::shared().size()), rows->blocks(), std::move(q)));
    } catch (const std::exception&) {
      return reject(env, fail("out_of_memory", "There is not enough memory for this search."));
    }
  }

  // about(): { rows, blocks, bytes }
  Napi::Value about(const Napi::CallbackInfo& info) {
    Failure f;
    const Rows* rows = self(info, &f);
    if (!rows) return raise(info.Env(), f);
    Napi::Object o = Napi::Object::New(info.Env());
    o.Set("rows", (double)rows->count());
    o.Set("blocks", (double)rows->blocks().size());
    o.Set("bytes", (double)rows->bytes());
    return o;
  }

  // A search that is running holds its blocks and ends in its own time.
  Napi::Value close(const Napi::CallbackInfo& info) {
    if (RowsObject* object = unwrap<RowsObject>(info.This(), kRowsTag)) object->rows.reset();
    return info.Env().Undefined();
  }
};

}  // namespace

Napi::Function define_rows(Napi::Env env) { return RowsObject::define(env); }

// rows(width): Rows
Napi::Value make_rows(const Napi::CallbackInfo& info) {
  int width;
  if (!whole(number(info[0]), kMostWidth, &width) || width % 16 != 0)
    return raise(info.Env(), fail("invalid_input", "Expected a width that is a multiple of 16, from 16 to 16384."));
  Napi::Object o = info.Env().GetInstanceData<Classes>()->rows.New({});
  if (info.Env().IsExceptionPending()) return info.Env().Undefined();
  RowsObject::Unwrap(o)->rows = std::make_unique<Rows>(width);
  return o;
}

Napi::Value scan_paths(const Napi::CallbackInfo& info) {
  Napi::Array out = Napi::Array::New(info.Env());
  for (const ScanPath* s : usable_scans()) out.Set(out.Length(), s->name);
  return out;
}

// measureRead(threads): Promise<bytes per second>
Napi::Value scan_measure(const Napi::CallbackInfo& info) {
  int threads;
  if (!whole(number(info[0]), 1024, &threads))
    return reject(info.Env(), fail("invalid_input", "Expected a number of threads, from 1 on."));
  return queue(new ReadWorker(info.Env(), threads));
}

}  // namespace accent
