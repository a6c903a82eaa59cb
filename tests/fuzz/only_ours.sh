#!/bin/bash
# A RUSTC_WRAPPER that instruments only what is fuzzed: with the AWS SDK instrumented, too, rustc takes 17 GB.
set -eu
rustc=$1
shift

crate= previous=
for argument in "$@"; do
  [ "$previous" = --crate-name ] && crate=$argument
  previous=$argument
done

case $crate in
  ec2_autoscale | ec2_autoscale_core | targets | snapshot | quantity | tags | activity | serde_json | libfuzzer_sys) exec "$rustc" "$@" ;;
esac

kept=()
for argument in "$@"; do
  case $argument in
    -Cpasses=sancov-module | -Cllvm-args=-sanitizer-* | -Ccodegen-units=1) ;;
    *) kept+=("$argument") ;;
  esac
done
exec "$rustc" "${kept[@]}"
