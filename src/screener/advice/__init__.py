"""What a screening is good for: what it hangs on, how far it is from another answer, and when it changes by itself."""
