"""What renders cost, and what an account lets them use."""
