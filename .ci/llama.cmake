# Included by CMake inside llama.cpp (see .ci/setup). llama-cpp-python builds llama.cpp's "common" library, which only
# its command-line tools use; leaving it out almost halves the time of the compilation.
set(LLAMA_BUILD_COMMON OFF)
