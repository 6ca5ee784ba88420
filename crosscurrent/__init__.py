"""What every Crosscurrent process shares, and the command line."""
