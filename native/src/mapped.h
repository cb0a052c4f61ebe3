// A file mapped into memory to be read. The file stays open: a name that is taken away or given to another file changes
// nothing. What remains: a file that somebody else cuts short while its pages are being read, or a disk that fails then,
// ends the process (SIGBUS). Hence `holds` is asked before each block, so that a file that was cut before is an error.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "failure.h"

namespace accent {

class Mapped {
 public:
  // The whole file, which must be a regular one and not empty.
  static std::shared_ptr<const Mapped> open(const std::string& path, Failure* failure);
  ~Mapped();
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  const uint8_t* data() const { return data_; }
  // Bytes when it was opened.
  uint64_t size() const { return size_; }
  // Whether the file still has its first `bytes` bytes.
  bool holds(uint64_t bytes) const;

 private:
  Mapped(int file, const uint8_t* data, uint64_t size) : file_(file), data_(data), size_(size) {}
  int file_;
  const uint8_t* data_;
  uint64_t size_;
};

}  // namespace accent
