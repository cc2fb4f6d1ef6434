// Thread listing: which objects are at work on a thread, such as its live tapes and its observers.
#pragma once

#include <memory>
#include <vector>

namespace adjoint {

/// Lists an object, while this lives, among those of the thread that made it, which need not be the thread that ends
/// it: the list is kept as long as anything is on it. The thread itself must do nothing meanwhile that reads the list.
template <class T>
class ThreadListing {
  public:
    explicit ThreadListing(T* object) : object_(object) { list_->push_back(object); }
    ~ThreadListing() { std::erase(*list_, object_); }
    ThreadListing(const ThreadListing&) = delete;
    ThreadListing& operator=(const ThreadListing&) = delete;

    /// Those of the thread that asks, the oldest first.
    static const std::vector<T*>& here() { return *list_of_thread(); }

  private:
    static const std::shared_ptr<std::vector<T*>>& list_of_thread() {
        static thread_local const auto list = std::make_shared<std::vector<T*>>();
        return list;
    }

    T* object_;
    std::shared_ptr<std::vector<T*>> list_ = list_of_thread();
};

}  // namespace adjoint
