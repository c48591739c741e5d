# Messages of other programs' files: attune/io/tensorboard.proto becomes attune/io/tensorboard.pb.h.
function(add_protos target)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${generated})
  file(GLOB_RECURSE protos CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/attune/*.proto)
  foreach(proto IN LISTS protos)
    string(REGEX REPLACE "proto$" "pb" output ${generated}/${proto})
    add_custom_command(OUTPUT ${output}.cc ${output}.h DEPENDS ${PROJECT_SOURCE_DIR}/${proto} protobuf::protoc
      COMMAND protobuf::protoc -I ${PROJECT_SOURCE_DIR} --cpp_out=${generated} ${proto})
    target_sources(${target} PRIVATE ${output}.cc)
  endforeach()
  target_include_directories(${target} SYSTEM PRIVATE ${generated})
endfunction()
