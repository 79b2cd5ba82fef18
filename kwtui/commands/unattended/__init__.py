"""kwtui policy, schedule and notify: what runs when nobody does."""
