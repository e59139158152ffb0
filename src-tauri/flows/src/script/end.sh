
if [ "$wrong" -gt 0 ]; then
  problem "$right datablocks are there and right, $wrong are not:$failed"
  exit 1
fi
say "All $right datablocks are there and right."
