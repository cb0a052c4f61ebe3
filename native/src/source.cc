// Bytes at rest: a block of memory, or a file that may be cut or replaced while it is read.
#include <cstring>

#include "safetensors.h"

namespace accent {
namespace {

class MemorySource : public Source {
 public:
  explicit MemorySource(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}
  uint64_t size() const override { return bytes_.size(); }
  bool read(uint64_t at, void* to, size_t bytes) override {
    if (at > bytes_.size() || bytes > bytes_.size() - at) return false;
    if (bytes > 0) std::memcpy(to, bytes_.data() + at, bytes);
    return true;
  }

 private:
  std::vector<uint8_t> bytes_;
};

class FileSource : public Source {
 public:
  FileSource(FILE* file, uint64_t size) : file_(file), size_(size) {}
  ~FileSource() override { std::fclose(file_); }
  uint64_t size() const override { return size_; }
  bool read(uint64_t at, void* to, size_t bytes) override {
#if defined(_WIN32)
    if (_fseeki64(file_, (long long)at, SEEK_SET) != 0) return false;
#else
    if (fseeko(file_, (off_t)at, SEEK_SET) != 0) return false;
#endif
    return std::fread(to, 1, bytes, file_) == bytes;
  }

 private:
  FILE* file_;
  uint64_t size_;
};

}  // namespace

std::unique_ptr<Source> memory_source(std::vector<uint8_t> bytes) {
  return std::make_unique<MemorySource>(std::move(bytes));
}

std::unique_ptr<Source> file_source(const std::string& path, Failure* failure) {
  FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) {
    *failure = fail("not_found", "The weights file could not be opened. Check that it exists and may be read.");
    return nullptr;
  }
  std::setvbuf(file, nullptr, _IONBF, 0);
#if defined(_WIN32)
  const bool ended = _fseeki64(file, 0, SEEK_END) == 0;
  const long long size = ended ? _ftelli64(file) : -1;
#else
  const bool ended = fseeko(file, 0, SEEK_END) == 0;
  const long long size = ended ? (long long)ftello(file) : -1;
#endif
  // A folder opens on Linux and reports a size that no file has.
  if (size < 0 || size > (1ll << 50)) {
    std::fclose(file);
    *failure = fail("not_a_regular_file", "The weights path is not a regular file.");
    return nullptr;
  }
  return std::make_unique<FileSource>(file, (uint64_t)size);
}

}  // namespace accent
