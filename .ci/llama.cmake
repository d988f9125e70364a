# Included by CMake inside llama.cpp (see .ci/setup). llama-cpp-python builds llama.cpp's "common" library, which only
# its command-line tools use; leaving it out almost halves the time of the compilation.
set(LLAMA_BUILD_COMMON OFF)

# AMX ends in "illegal instruction" on some virtual machines that report it (seen with Sapphire Rapids).
include(CheckCCompilerFlag)
check_c_compiler_flag(-mno-amx-tile COMPILER_KNOWS_AMX)
if(COMPILER_KNOWS_AMX)
    add_compile_options(-mno-amx-tile -mno-amx-int8 -mno-amx-bf16)
endif()
