"""kwtui offsite: copies of backup sets, and the targets where they lie."""
