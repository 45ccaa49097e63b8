"""Who supplies whom: shares of origins, the bill of materials, flows, and the evidence behind them."""
