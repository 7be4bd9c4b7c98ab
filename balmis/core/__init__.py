"""What is true: rules and numerics. No framework, no input or output, no clock."""
