// What the files of the boundary to JavaScript share: errors with a code, workers, and reading of arguments.
#pragma once
#include <napi.h>

#include <limits>
#include <new>

#include "failure.h"

namespace accent {

inline Napi::Error make_error(Napi::Env env, const Failure& f) {
  Napi::Error e = Napi::Error::New(env, f.message);
  e.Set("code", Napi::String::New(env, f.code));
  return e;
}

inline Napi::Value reject(Napi::Env env, const Failure& f) {
  auto deferred = Napi::Promise::Deferred::New(env);
  deferred.Reject(make_error(env, f).Value());
  return deferred.Promise();
}

// What an object wraps, or null where it is none of ours.
template <class T>
T* unwrap(const Napi::Value& v, const napi_type_tag& tag) {
  if (!v.IsObject() || !v.As<Napi::Object>().CheckTypeTag(&tag)) return nullptr;
  return T::Unwrap(v.As<Napi::Object>());
}

// Constructors live per environment: each worker thread has its own.
struct Classes {
  Napi::FunctionReference encoder, rows;
};

// Runs `work` off the main thread and settles a promise with what `result` makes.
class Worker : public Napi::AsyncWorker {
 public:
  explicit Worker(Napi::Env env) : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() final {
    try {
      failure_ = work();
    } catch (const std::bad_alloc&) {
      failure_ = fail("out_of_memory", "There is not enough memory for this call of the kernel.");
    } catch (const std::exception& e) {
      failure_ = fail("internal", std::string("The kernel failed: ") + e.what());
    }
  }
  void OnOK() final {
    Napi::HandleScope scope(Env());
    if (failure_) {
      deferred_.Reject(make_error(Env(), failure_).Value());
      return;
    }
    deferred_.Resolve(result(Env()));
  }

 protected:
  virtual Failure work() = 0;
  virtual Napi::Value result(Napi::Env env) = 0;

 private:
  Napi::Promise::Deferred deferred_;
  Failure failure_;
};

// Starts a worker, which deletes itself when it is done.
inline Napi::Promise queue(Worker* worker) {
  Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

// NaN for what is no number.
inline double number(const Napi::Value& v) {
  return v.IsNumber() ? v.As<Napi::Number>().DoubleValue() : std::numeric_limits<double>::quiet_NaN();
}

// scan_addon.cc: the class of the rows that searches scan, the paths of the scan, and how fast memory is read.
Napi::Function define_rows(Napi::Env env);
Napi::Value make_rows(const Napi::CallbackInfo& info);
Napi::Value scan_paths(const Napi::CallbackInfo& info);
Napi::Value scan_measure(const Napi::CallbackInfo& info);

}  // namespace accent
