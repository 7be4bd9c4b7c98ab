"""The safety desk: cases, signals, holds, reactions, response teams."""
